"""A stream service that says back what it hears, and does what it is told."""

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from ai4v.adapters.memory.socket import MemoryChannel
from ai4v.ports.upstream import ChannelClosedError, HandshakeRefusedError
from tests.service.gateway.echo import live
from tests.service.gateway.house import House


class Talk:
    """Text `close <code>` closes; `many <n>` sends n messages; all else is said back."""

    def __init__(self) -> None:
        self.handshakes: list[Scope] = []
        self.endings: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        """How clients, or the gateway, ended it."""
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        await receive()
        self.handshakes.append(scope)
        if scope["path"].endswith("/refused"):
            await send({"type": "websocket.close", "code": 1008})
            return
        offered = scope["subprotocols"]
        agreed = "chat" if "chat" in offered else None
        await send({"type": "websocket.accept", "subprotocol": agreed})
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                await send({"type": "websocket.send", "bytes": message["bytes"]})
            elif text.startswith("close "):
                code = int(text.removeprefix("close "))
                await send({"type": "websocket.close", "code": code, "reason": "as told"})
                return
            elif text.startswith("many "):
                for number in range(int(text.removeprefix("many "))):
                    await send({"type": "websocket.send", "text": str(number)})
                    self.sent = number + 1
            else:
                await send({"type": "websocket.send", "text": text})
        self.endings.put_nowait((message["code"], message.get("reason") or ""))


async def end_of(channel: MemoryChannel) -> tuple[int, str]:
    """Read until the end; return its code and reason."""
    try:
        while True:
            await asyncio.wait_for(channel.receive(), 5)
    except ChannelClosedError as ended:
        return ended.code, ended.reason


async def refusal_of(house: House, **how: object) -> int:
    """Return the status by which a stream is not opened."""
    with pytest.raises(HandshakeRefusedError) as refused:
        await house.connect(**how)  # type: ignore[arg-type] # those of connect
    return refused.value.answer_status
