"""Apps in this process, reached as servers are: by address, streamed, with their lifespan.

What a server does is done here too: the lifespan's state is in every request, a client that leaves
is reported to the app, an app that stops in the middle of an answer cuts the connection. What
an app raises that it should have handled fails the test when the app is stopped.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import httpx2
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STOP_S = 5.0
_BACKLOG = 4


class RunningApp:
    """An app between its startup and its shutdown."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.exchanges: set[asyncio.Task[None]] = set()
        self.surprises: list[Exception] = []
        self._state: dict[str, Any] = {}
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._life: asyncio.Task[None] | None = None

    @property
    def state(self) -> dict[str, Any]:
        """A copy of what the lifespan yielded."""
        return dict(self._state)

    async def __aenter__(self) -> Self:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self._state}
        self._life = asyncio.create_task(self._live(scope), name="lifespan")
        await self._tell("startup")
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.stop()
        if self.surprises:
            raise self.surprises[0]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as a server has it answered; what should not be raised is kept."""
        scope["state"] = self.state
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            self.surprises.append(error)
            raise

    async def stop(self) -> None:
        """End what is under way, then shut down; nothing happens when it was stopped."""
        if self._life is None:
            return
        if self.exchanges:
            _, stuck = await asyncio.wait(self.exchanges, timeout=_STOP_S)
            assert not stuck, f"{len(stuck)} requests did not end"
        await self._tell("shutdown")
        await self._life
        self._life = None

    async def _live(self, scope: dict[str, Any]) -> None:
        await self.app(scope, self._told.get, self._said.put)

    async def _tell(self, phase: str) -> None:
        assert self._life is not None
        self._told.put_nowait({"type": f"lifespan.{phase}"})
        answer = asyncio.create_task(self._said.get())
        await asyncio.wait((answer, self._life), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            self._life.result()
            raise RuntimeError(f"the app ended during {phase}")
        message = answer.result()
        assert message["type"] == f"lifespan.{phase}.complete", message


class AppMap(Mapping[str, ASGIApp]):
    """Running apps by their addresses, for an upstream in memory."""

    def __init__(self, apps: Mapping[str, RunningApp]) -> None:
        self._apps = apps

    def __getitem__(self, address: str) -> ASGIApp:
        return self._apps[address].answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._apps)

    def __len__(self) -> int:
        return len(self._apps)


class AppTransport(httpx2.AsyncBaseTransport):
    """Reaches running apps by their addresses, `http://host:port`; elsewhere nobody listens."""

    def __init__(self, peer: str = "127.0.0.1") -> None:
        self.apps: dict[str, RunningApp] = {}
        self.peer = peer
        """The address that requests seem to come from."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        address = f"{request.url.scheme}://{request.url.netloc.decode()}"
        running = self.apps.get(address)
        if running is None:
            raise httpx2.ConnectError(f"nobody listens at {address}")
        exchange = _Exchange(request, running, self.peer)
        timeout_s = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(timeout_s):
                return await exchange.begin()
        except TimeoutError:
            exchange.leave()
            raise httpx2.ReadTimeout("the app did not answer in time") from None
        except BaseException:
            exchange.leave()
            raise


class _Exchange:
    def __init__(self, request: httpx2.Request, running: RunningApp, peer: str) -> None:
        self._running = running
        self._scope = _make_scope(request, running, peer)
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        self._upload = aiter(request.stream)
        self._is_upload_read = False
        self._failure: Exception | None = None
        self._gone = asyncio.Event()
        self._answer: asyncio.Queue[Message | None] = asyncio.Queue(_BACKLOG)

    async def begin(self) -> httpx2.Response:
        task = asyncio.create_task(self._run(), name="exchange")
        self._running.exchanges.add(task)
        task.add_done_callback(self._running.exchanges.discard)
        start = await self._answer.get()
        if start is None and self._failure is not None:
            raise self._failure
        if start is None:
            raise httpx2.RemoteProtocolError("the app ended without an answer")
        return httpx2.Response(
            start["status"], headers=list(start.get("headers", [])), stream=_Download(self)
        )

    def leave(self) -> None:
        """Close the connection."""
        self._gone.set()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while True:
            message = await self._answer.get()
            if message is None:
                raise httpx2.RemoteProtocolError("the app cut its answer off")
            if (chunk := message.get("body", b"")) and self._scope["method"] != "HEAD":
                yield chunk
            if not message.get("more_body", False):
                return

    async def _run(self) -> None:
        try:
            await self._running.app(self._scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - told to the test when the app stops
            self._running.surprises.append(error)
        await self._put(None)

    async def _receive(self) -> Message:
        if not self._is_upload_read:
            reading = asyncio.ensure_future(self._read())
            try:
                await self._unless_gone(reading)
                if reading.done() and (message := reading.result()):
                    return message
            finally:
                reading.cancel()
            self._gone.set()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _read(self) -> Message | None:
        try:
            return {"type": "http.request", "body": await anext(self._upload), "more_body": True}
        except StopAsyncIteration:
            self._is_upload_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        except Exception as error:  # noqa: BLE001 - the client is told what its own body raised
            self._failure = error
            return None

    async def _send(self, message: Message) -> None:
        await self._put(message)

    async def _put(self, message: Message | None) -> None:
        put = asyncio.ensure_future(self._answer.put(message))
        await self._unless_gone(put)
        put.cancel()

    async def _unless_gone(self, work: asyncio.Future[Any]) -> None:
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()


class _Download(httpx2.AsyncByteStream):
    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._exchange.chunks():
            yield chunk

    async def aclose(self) -> None:
        self._exchange.leave()


def _make_scope(request: httpx2.Request, running: RunningApp, peer: str) -> dict[str, Any]:
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "server": (request.url.host, request.url.port),
        "client": (peer, 50_000),
        "root_path": "",
        "state": running.state,
    }
