"""The access log: a line for each request, written in batches that no request waits for.

Lines are as the kit's logger writes them. Query strings and headers are not in them, and what looks
like a key in a path is blanked.
"""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring as _quote
from typing import Final, NamedTuple

from ai4v.kit.background import repeat
from ai4v.kit.log import redact

_LOGGER: Final = "ai4v.services.gateway.record.accesslog"
_MOST: Final = 20_000
_PERIOD_S: Final = 0.1
_QUIET_ENDS: Final = ("/health", "/health/live", "/health/ready")


class AccessLine(NamedTuple):
    """What is told of one request."""

    at_s: float
    """Seconds since the epoch."""
    request_id: str
    trace_id: str
    method: str
    path: str
    status: int
    duration_ms: float


def write_out(text: str) -> None:
    """Write to standard output."""
    sys.stdout.write(text)
    sys.stdout.flush()


class AccessLog:
    """Keeps at most 20,000 lines that wait; more are dropped and counted.

    Args:
        sink: takes text; it may block, for it runs on a thread of its own.
        period_s: between batches.
    """

    def __init__(
        self, sink: Callable[[str], None] = write_out, *, period_s: float = _PERIOD_S
    ) -> None:
        self._sink = sink
        self._period_s = period_s
        self._lines: deque[AccessLine] = deque()
        self.is_wanted = logging.getLogger(_LOGGER).isEnabledFor(logging.INFO)
        """Whether lines are written at all."""
        self.dropped = 0

    def note(self, line: AccessLine) -> None:
        """Have a line written soon."""
        if not self.is_wanted or line.path.endswith(_QUIET_ENDS):
            return
        if len(self._lines) >= _MOST:
            self.dropped += 1
            return
        self._lines.append(line)

    async def run(self) -> None:
        """Write for good; what waits when this is cancelled is left to `finish`."""
        await repeat(self._write, name="access log", pause_s=self._period_s)

    def finish(self) -> None:
        """Write what waits."""
        if self._lines:
            self._sink(self._take())

    async def _write(self) -> None:
        count = len(self._lines)
        try:
            if count:
                await asyncio.to_thread(self._sink, self._take())
        except OSError:
            self.dropped += count
            raise

    def _take(self) -> str:
        lines, self._lines = self._lines, deque()
        return "".join(map(_show, lines))


def _show(line: AccessLine) -> str:
    at_s, request_id, trace_id, method, path, status, duration_ms = line
    if "_" in path or "ey" in path or "@" in path:
        path = str(redact(None, "", {"path": path})["path"])
    second = int(at_s)
    return (
        f'{{"request_id": "{request_id}", "trace_id": "{trace_id}", '
        f'"method": {_quote(method)}, "path": {_quote(path)}, "status": {status}, '
        f'"duration_ms": {duration_ms:.1f}, "event": "request", "level": "info", '
        f'"logger": "{_LOGGER}", "timestamp": "{_show_second(second)}.'
        f'{int((at_s - second) * 1_000_000):06d}Z", "service": "gateway"}}\n'
    )


@lru_cache(maxsize=2)
def _show_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()[:-6]
