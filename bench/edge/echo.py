"""A stream service that says back what it hears."""

import asyncio
import sys
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response


async def main(port: int) -> None:
    """Serve until ended."""

    async def answer(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    def tell_health(connection: ServerConnection, request: Request) -> Response | None:
        if "health" in request.path:
            return connection.respond(HTTPStatus.OK, "")
        return None

    async with serve(
        answer, "127.0.0.1", port, compression=None, process_request=tell_health, max_size=2**20
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
