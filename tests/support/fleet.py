"""Instances that do as a test tells them, behind the upstream port, without sockets."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ai4v.ports.registry import Instance
from ai4v.ports.upstream import (
    Channel,
    ChannelClosedError,
    HandshakeRefusedError,
    Header,
    UpstreamBrokenError,
    UpstreamRefusedError,
    UpstreamRequest,
)


@dataclass
class Answer:
    """An answer with a body of one piece."""

    status: int
    headers: Sequence[Header]
    body: bytes = b"ok"
    is_closed: bool = False

    async def read(self) -> bytes:
        body, self.body = self.body, b""
        return body

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Line:
    """An open WebSocket."""

    subprotocol: str | None = None
    closed: tuple[int, str] | None = None
    is_lost: bool = False

    async def receive(self) -> str | bytes:
        if self.is_lost:
            raise ChannelClosedError(1006, "")
        return "hello"

    async def send(self, message: str | bytes) -> None:
        """Take it."""

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)


def _quick() -> float:
    return 0.01


@dataclass
class Server:
    """One instance."""

    instance: Instance
    latency_s: Callable[[], float] = _quick
    status: int = 200
    headers: Sequence[Header] = ()
    is_gone: bool = False
    """Refuses connections."""
    is_broken: bool = False
    """Takes the request and cuts the connection."""
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: it hangs."""
    asked: int = 0
    health_asked: int = 0
    cancelled: int = 0
    open: int = 0
    requests: list[UpstreamRequest] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.awake.set()

    async def send(self, request: UpstreamRequest) -> Answer:
        if self.is_gone:
            raise UpstreamRefusedError("refused")
        if b"/health/" in request.target:
            self.health_asked += 1
            await self.awake.wait()
            return Answer(204, ())
        self.asked += 1
        self.requests.append(request)
        self.open += 1
        try:
            await asyncio.sleep(self.latency_s())
            await self.awake.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.open -= 1
        if self.is_broken:
            raise UpstreamBrokenError("broken")
        answer = Answer(self.status, self.headers)
        self.answers.append(answer)
        return answer


class Servers:
    """Several instances of one service: the upstream port, and the source of a balancer."""

    def __init__(self, service: str, count: int) -> None:
        names = [f"{service}-{number}" for number in range(count)]
        self.all = [Server(Instance(service, name, f"http://{name}")) for name in names]
        self.lines: list[Line] = []

    def __getitem__(self, index: int) -> Server:
        return self.all[index]

    @property
    def asked(self) -> int:
        """Requests that reached any of them."""
        return sum(server.asked for server in self.all)

    def instances(self, service: str) -> tuple[Instance, ...]:
        return tuple(item.instance for item in self.all if item.instance.service == service)

    async def send(self, request: UpstreamRequest) -> Answer:
        return await self._find(request).send(request)

    async def connect(self, request: UpstreamRequest, subprotocols: Sequence[str]) -> Channel:
        answer = await self._find(request).send(request)
        if answer.status != 200:
            raise HandshakeRefusedError(answer.status)
        line = Line(subprotocols[0] if subprotocols else None)
        self.lines.append(line)
        return line

    def _find(self, request: UpstreamRequest) -> Server:
        return next(item for item in self.all if item.instance.base_url == request.base_url)
