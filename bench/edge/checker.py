"""What nginx's auth_request asks: Starlette and Redis, one look-up of the key a request."""

import hashlib
import sys

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main(port: int, url: str) -> None:
    """Serve until ended."""
    redis = Redis.from_url(url.replace("valkey://", "redis://"))

    async def check(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        digest = hashlib.sha256(given.encode()).hexdigest()
        known = await redis.get(f"ai4v:cache:credential:{digest}")
        return Response(status_code=204 if known else 401)

    app = Starlette(routes=[Route("/{path:path}", check)])
    uvicorn.run(app, port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
