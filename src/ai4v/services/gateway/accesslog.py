"""The access log: a line for each request, written in batches that no request waits for.

Lines are as the kit's logger writes them. Query strings and headers are not in them, and what looks
like a key in a path is blanked.
"""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as _quote
from typing import Final

from ai4v.kit.log import redact

_LOGGER: Final = "ai4v.services.gateway.accesslog"
_MOST: Final = 20_000
_PERIOD_S: Final = 0.1
_QUIET_ENDS: Final = ("/health", "/health/live", "/health/ready")


@dataclass(slots=True)
class AccessLine:
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
    """

    def __init__(self, sink: Callable[[str], None] = write_out) -> None:
        self._sink = sink
        self._lines: deque[AccessLine] = deque()
        self._is_on = logging.getLogger(_LOGGER).isEnabledFor(logging.INFO)
        self.dropped = 0

    def note(self, line: AccessLine) -> None:
        """Have a line written soon."""
        if not self._is_on or line.path.endswith(_QUIET_ENDS):
            return
        if len(self._lines) >= _MOST:
            self.dropped += 1
            return
        self._lines.append(line)

    async def run(self) -> None:
        """Write for good; what waits when this is cancelled is left to `finish`."""
        while True:
            await asyncio.sleep(_PERIOD_S)
            if self._lines:
                await asyncio.to_thread(self._sink, self._take())

    def finish(self) -> None:
        """Write what waits."""
        if self._lines:
            self._sink(self._take())

    def _take(self) -> str:
        lines, self._lines = self._lines, deque()
        return "".join(map(_show, lines))


def _show(line: AccessLine) -> str:
    path = line.path
    if "_" in path or "ey" in path or "@" in path:
        path = str(redact(None, "", {"path": path})["path"])
    at = datetime.fromtimestamp(line.at_s, UTC).isoformat()[:-6]
    return (
        f'{{"request_id": "{line.request_id}", "trace_id": "{line.trace_id}", '
        f'"method": {_quote(line.method)}, "path": {_quote(path)}, "status": {line.status}, '
        f'"duration_ms": {line.duration_ms}, "event": "request", "level": "info", '
        f'"logger": "{_LOGGER}", "timestamp": "{at}Z", "service": "gateway"}}\n'
    )
