"""Runs a service's app until it is told to stop, and stops it without losing a request."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from ai4v.kit.health import HealthMonitor
from ai4v.kit.log import configure_logging, get_logger
from ai4v.kit.protocol import BoundedProtocol
from ai4v.kit.settings import ServiceSettings

_NOTICE_S: Final = 0.5
_KEEP_ALIVE_S: Final = 75  # longer than any client of ours keeps an idle connection
_log = get_logger(__name__)


class _DrainingServer(uvicorn.Server):
    """uvicorn that says "not ready" for a moment before it closes its port."""

    def __init__(self, config: uvicorn.Config, health: HealthMonitor) -> None:
        super().__init__(config)
        self._health = health

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take the signals ourselves; uvicorn would close its port at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._begin_drain, loop)
        yield

    def _begin_drain(self, loop: asyncio.AbstractEventLoop) -> None:
        _log.info("draining")
        self._health.begin_drain()
        loop.call_later(_NOTICE_S, self._close)

    def _close(self) -> None:
        self.should_exit = True


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve until SIGTERM or SIGINT, then drain: not ready, deregistered, finished, closed."""
    configure_logging(settings.service, settings.log_level)
    health: HealthMonitor = app.state.health

    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.drain_s) or None,
        http=BoundedProtocol,
    )
    _DrainingServer(config, health).run()
