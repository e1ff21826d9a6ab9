"""Logs: one JSON object a line on standard output, without secrets and without content."""

import logging
import re
import sys
from contextlib import suppress
from functools import lru_cache
from typing import Final

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

_SECRET_NAME: Final = re.compile(
    r"authorization|api[-_]?key|password|secret|token|cookie|credential", re.IGNORECASE
)
_CONTENT_NAME: Final = re.compile(
    r"^(audio|audioContent|content|source|target|text|transcript|body|input|output)$"
)
_SECRET_VALUE: Final = re.compile(
    r"a4[rv]_[A-Za-z0-9_-]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=://)[^/@\s]*:[^/@\s]+(?=@)"
)
_REDACTED: Final = "[redacted]"


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Blank what looks like a secret or like somebody's content, by name or by shape."""
    for name, value in event.items():
        if _is_secret(name):
            event[name] = _REDACTED
        elif isinstance(value, str):
            event[name] = _SECRET_VALUE.sub(_REDACTED, value)
    return event


@lru_cache(maxsize=1024)  # names are those of the code: a few, again and again
def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search(name) or _CONTENT_NAME.match(name))


def configure_logging(service: str, level: str) -> None:
    """Send structlog and the standard library's loggers through the same JSON lines.

    Ours are written straight to standard output: every request has a line, and records of the
    standard library cost several times as much. Call once, at the start of a process.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
        _add_service(service),
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, render],
        logger_factory=_NamedLogger,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        cache_logger_on_first_use=True,
    )
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[remove, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for name in ("uvicorn.access", "httpx2", "httpcore2", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


class _NamedLogger(structlog.WriteLogger):
    """Writes to standard output, and knows its name, as the standard library's do.

    Where nothing can be written, as on a full disk, who tells it goes on: so do theirs.
    """

    def __init__(self, name: str) -> None:
        super().__init__(sys.stdout)
        self.name = name

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = msg


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add
