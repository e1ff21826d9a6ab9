"""Logs: one JSON object a line on standard output, without secrets and without content."""

import logging
import re
import sys
from typing import Final

import structlog
from structlog.typing import EventDict

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
        if _SECRET_NAME.search(name) or _CONTENT_NAME.match(name):
            event[name] = _REDACTED
        elif isinstance(value, str):
            event[name] = _SECRET_VALUE.sub(_REDACTED, value)
    return event


def configure_logging(service: str, level: str) -> None:
    """Send structlog and the standard library's loggers through the same JSON lines.

    Call once, at the start of a process.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _add_service(service),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn.access", "httpx2", "httpcore2", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add
