"""An app that does what its path says, for whoever tests a client."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

LARGE_PIECE = b"0123456789abcdef" * 4096
LARGE_PIECES = 64


class EchoApp:
    """Answers what it was sent; knows what it saw."""

    def __init__(self) -> None:
        self.sent_pieces = 0
        self.left_with: int | None = None
        """The code with which the last stream was closed."""
        self.may_read = asyncio.Event()
        self.has_begun = asyncio.Event()
        self.was_left = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or one stream (ASGI)."""
        if scope["type"] == "lifespan":
            return
        self.has_begun.set()
        name = scope["path"].strip("/").split("/")[0].replace("-", "_")
        await getattr(self, f"_{scope['type']}_{name}")(scope, receive, send)

    async def _http_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = [(b"x-seen-" + name, value) for name, value in scope["headers"]]
        target = scope["raw_path"] + b"?" + scope["query_string"]
        described = [(b"x-method", scope["method"].encode()), (b"x-target", target)]
        await send({"type": "http.response.start", "status": 200, "headers": described + seen})
        while True:
            message = await receive()
            more = message.get("more_body", False)
            body = message.get("body", b"")
            await send({"type": "http.response.body", "body": body, "more_body": more})
            if not more:
                return

    async def _http_status(self, scope: Scope, _receive: Receive, send: Send) -> None:
        status = int(scope["path"].rpartition("/")[2])
        headers = [(b"x-twice", b"1"), (b"x-twice", b"2"), (b"content-encoding", b"gzip")]
        body = b"" if status in {204, 304} else b"\x1f\x8b raw"
        if body:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _http_early(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"early", "more_body": True})
        body = await _read_all(receive)
        await send({"type": "http.response.body", "body": body})

    async def _http_cut(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async def _http_stall(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.was_left.set()

    async def _http_slow_reader(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await self.may_read.wait()
        size = len(await _read_all(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % size})

    async def _http_large(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(LARGE_PIECES):
            body: Message = {"type": "http.response.body", "body": LARGE_PIECE, "more_body": True}
            await send(body)
            self.sent_pieces += 1
        await send({"type": "http.response.body", "body": b""})

    async def _websocket_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["subprotocols"]
        await receive()
        await send({"type": "websocket.accept", "subprotocol": wanted[-1] if wanted else None})
        target = scope["raw_path"].decode() + "?" + scope["query_string"].decode()
        seen = dict(scope["headers"]).get(b"x-kept", b"").decode()
        await send({"type": "websocket.send", "text": f"{target} {seen}"})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") is None:
                await send({"type": "websocket.send", "bytes": message["bytes"]})
            else:
                await send({"type": "websocket.send", "text": message["text"]})
        self.left_with = message.get("code")
        self.was_left.set()

    async def _websocket_refuse(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 429, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async def _websocket_leave(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "last"})
        await send({"type": "websocket.close", "code": 4001, "reason": "enough"})

    async def _websocket_flood(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(LARGE_PIECES):
            await send({"type": "websocket.send", "bytes": LARGE_PIECE})
            self.sent_pieces += 1
        await send({"type": "websocket.close", "code": 1000})


async def _read_all(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
