"""Instances that are apps in this process, reached as servers are: streamed both ways."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from ai4v.adapters.memory.exchange import AsgiApp, Message, Pipe, make_scope
from ai4v.adapters.memory.socket import MemoryChannel, open_channel
from ai4v.ports.upstream import Header, UpstreamBrokenError, UpstreamRefusedError, UpstreamRequest

_WITHOUT_BODY: Final = (204, 304)


class MemoryUpstream:
    """Reaches `apps` by their addresses, `http://host:port`; elsewhere nobody listens.

    The apps' lifespan is somebody else's to run.
    """

    def __init__(self, apps: Mapping[str, AsgiApp]) -> None:
        self._apps = apps
        self._answers: set[MemoryAnswer] = set()
        self._channels: set[MemoryChannel] = set()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End what is under way."""
        for answer in tuple(self._answers):
            answer.close()
        for channel in tuple(self._channels):
            channel.drop()

    async def send(self, request: UpstreamRequest) -> "MemoryAnswer":
        """Call the app, and return once it has begun its answer."""
        answer = MemoryAnswer(self._find(request), request, self._answers)
        try:
            await answer.begun
        except BaseException:
            answer.close()
            raise
        return answer

    async def connect(self, request: UpstreamRequest, subprotocols: Sequence[str]) -> MemoryChannel:
        """Call the app, and return once it has accepted."""
        return await open_channel(self._find(request), request, subprotocols, self._channels)

    def _find(self, request: UpstreamRequest) -> AsgiApp:
        app = self._apps.get(request.base_url)
        if app is None:
            raise UpstreamRefusedError("the service cannot be reached; try again")
        return app


class MemoryAnswer:
    """What an app answers to one request."""

    def __init__(
        self, app: AsgiApp, request: UpstreamRequest, answers: set["MemoryAnswer"]
    ) -> None:
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done with the head, or with why there is none."""
        self.status = 0
        self.headers: Sequence[Header] = ()
        self._has_body = request.method != "HEAD"
        self._answers = answers
        self._upload = Pipe()
        self._download = Pipe()
        self._failure: BaseException | None = None
        self._has_ended = False
        answers.add(self)
        self._sending = asyncio.create_task(self._feed(request), name="upload")
        self._sending.add_done_callback(self._note)
        self._running = asyncio.create_task(self._run(app, request), name="exchange")
        self._running.add_done_callback(self._finish)

    async def read(self) -> bytes:
        """Return the next piece; b"" at the end."""
        while message := await self._download.get():
            if message["body"]:
                piece: bytes = message["body"]
                return piece
        if self._failure is not None:
            raise self._failure
        if not self._has_ended:
            raise UpstreamBrokenError("the service broke off its answer")
        return b""

    def close(self) -> None:
        """Leave; an app that has not ended hears that its client is gone."""
        self._answers.discard(self)
        self._sending.cancel()
        self._upload.close()
        self._download.close()
        self.begun.cancel()

    async def _run(self, app: AsgiApp, request: UpstreamRequest) -> None:
        await app(make_scope("http", _framed(request)), self._receive, self._send)

    async def _feed(self, request: UpstreamRequest) -> None:
        body = request.body
        async for piece in _once(body) if isinstance(body, bytes) else body:
            await self._upload.put({"type": "http.request", "body": piece, "more_body": True})
        await self._upload.put({"type": "http.request", "body": b"", "more_body": False})

    def _note(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._fail(error)

    async def _receive(self) -> Message:
        return await self._upload.get() or {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(name), bytes(value)) for name, value in message["headers"]]
            self._has_body &= self.status not in _WITHOUT_BODY
            if not self.begun.done():
                self.begun.set_result(None)
            return
        body = message.get("body", b"") if self._has_body else b""
        await self._download.put({"body": body})
        if not message.get("more_body", False):
            self._has_ended = True
            self._leave()

    def _finish(self, task: asyncio.Task[None]) -> None:
        if not self._has_ended:
            self._fail(UpstreamBrokenError("the service broke off its answer"))
        if not task.cancelled():
            task.exception()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        if not self.begun.done():
            self.begun.set_exception(error)
        self._leave()

    def _leave(self) -> None:
        self._answers.discard(self)
        self._upload.close()
        self._download.close()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _framed(request: UpstreamRequest) -> UpstreamRequest:
    body = request.body
    if isinstance(body, bytes):
        framing = (b"content-length", b"%d" % len(body)) if body else None
    else:
        is_announced = any(name == b"content-length" for name, _ in request.headers)
        framing = None if is_announced else (b"transfer-encoding", b"chunked")
    headers = [*request.headers, framing] if framing else request.headers
    return UpstreamRequest(request.method, request.base_url, request.target, headers, request.body)
