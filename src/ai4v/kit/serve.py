"""Runs a service's app until it is told to stop, and stops it without losing a request."""

import asyncio
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

import uvicorn
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from ai4v.kit.certificate import TlsFiles
from ai4v.kit.health import HealthMonitor
from ai4v.kit.log import configure_logging, get_logger
from ai4v.kit.protocol import BoundedProtocol, ConnectionTimes, ServerConfig
from ai4v.kit.settings import EdgeSettings, ServiceSettings
from ai4v.kit.trace import tracing
from ai4v.kit.websocket import BoundedWebSocket

_NOTICE_S: Final = 0.5
_KEEP_ALIVE_S: Final = 75  # longer than any client of ours keeps an idle connection
_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
_PING_S: Final = 20  # a client that is gone is found after twice as long at most
_log = get_logger(__name__)


class DrainingServer(uvicorn.Server):
    """uvicorn that says "not ready", and lets its streams end, before it closes its port."""

    def __init__(
        self, config: ServerConfig, health: HealthMonitor, drain_s: float, tls: TlsFiles | None
    ) -> None:
        super().__init__(config)
        self._health = health
        self._drain_s = drain_s
        self._tls = tls
        self._closing: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals ourselves; uvicorn would close its port at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.begin_drain)
        if self._tls is not None:
            loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield

    def begin_drain(self) -> None:
        """Stop, within `drain_s` and the notice; asked again, nothing more happens."""
        if self._closing is None:
            _log.info("draining")
            self._health.begin_drain()
            self._closing = asyncio.create_task(self._close(), name="drain")

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(_NOTICE_S)
        began_at = loop.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_s):
                await self._health.drain.wait_until_idle()
        left_s = self._drain_s - (loop.time() - began_at)
        self.config.timeout_graceful_shutdown = max(1, int(left_s))
        self.should_exit = True

    def _reload(self) -> None:
        if self._tls is None:
            return
        try:
            self._tls.reload()
        except OSError as error:
            _log.error("the certificate was not read again", error=str(error))
        else:
            _log.info("the certificate was read again")


class Servable(Protocol):
    """An ASGI application with the state that `kit.app` gives it."""

    @property
    def state(self) -> State:
        """Has the health and the metrics."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer (ASGI)."""


def serve(app: Servable, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT, then drain: not ready, deregistered, finished, closed."""
    configure_logging(settings.service, settings.log_level)
    with tracing(settings.service, settings.otlp_url, settings.trace_ratio):
        make_server(app, settings).run()


def make_server(app: Servable, settings: ServiceSettings) -> DrainingServer:
    """Return the server of `app`; it ends the process when the certificate cannot be read."""
    health: HealthMonitor = app.state.health
    tls = _read_certificate(settings)
    config = ServerConfig(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        http=BoundedProtocol,
        ws=BoundedWebSocket,
        ws_max_size=_MAX_MESSAGE_BYTES,
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        ws_per_message_deflate=False,
        ssl_context_factory=(lambda _config, _default: tls.context) if tls else None,
    )
    config.drain = health.drain
    config.times = ConnectionTimes(body_s=settings.body_stall_s)
    return DrainingServer(config, health, settings.drain_s, tls)


def _read_certificate(settings: ServiceSettings) -> TlsFiles | None:
    if not isinstance(settings, EdgeSettings):
        return None
    if settings.tls_certificate is None or settings.tls_private_key is None:
        return None
    try:
        return TlsFiles(settings.tls_certificate, settings.tls_private_key)
    except OSError as error:
        sys.stderr.write(f"{settings.service} cannot start: the certificate or its key: {error}\n")
        raise SystemExit(2) from None
