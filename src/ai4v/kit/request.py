"""What every request gets, in two plain ASGI layers: its id, deadline, log line and identity."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ai4v.contracts.error import PayloadTooLargeError, PlatformError, ValidationError
from ai4v.kit.cost import HEADER as COST_HEADER
from ai4v.kit.cost import NOTHING, Meter, format_cost
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.deadline import Deadline
from ai4v.kit.errorbody import render_error
from ai4v.kit.log import get_logger
from ai4v.kit.metric import RequestMetrics
from ai4v.kit.trace import TRACE_HEADER, carried, kept_trace

REQUEST_ID_HEADER: Final = "x-request-id"
_WELL_FORMED_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLIENT_LEFT: Final = 499
"""How the access log and the metrics call a request whose client did not wait for an answer."""
_QUIET_ENDS: Final = ("/health", "/health/live", "/health/ready", "/metrics")
_log = get_logger(__name__)


async def get_deadline(request: Request) -> Deadline:
    """Return when this request's caller stops waiting (a FastAPI dependency)."""
    deadline = request.scope["state"]["deadline"]
    if not isinstance(deadline, Deadline):
        raise TypeError("the request layer is missing")
    return deadline


async def get_request_id(request: Request) -> str:
    """Return the id that answers, logs and rows of this request share (a FastAPI dependency)."""
    return str(request.scope["state"]["request_id"])


async def get_meter(request: Request) -> Meter:
    """Return what counts the cost of this request (a FastAPI dependency)."""
    meter = request.scope["state"]["meter"]
    if not isinstance(meter, Meter):
        raise TypeError("the request layer is missing")
    return meter


def make_request_id() -> str:
    """Return an id for a request that brought none."""
    return uuid4().hex


class RequestLayer:
    """Gives a request its id and deadline, counts it, and writes its one access line."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        request_id = headers.get(REQUEST_ID_HEADER, "")
        if not _WELL_FORMED_ID.fullmatch(request_id):
            request_id = make_request_id()
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        refusal = self._judge(headers, state)
        meter = state["meter"] = Meter()
        status = _CLIENT_LEFT

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer[REQUEST_ID_HEADER] = request_id
                if meter.total != NOTHING:
                    answer[COST_HEADER] = format_cost(meter.total)
            await send(message)

        started = time.perf_counter()
        with (
            carried(headers.get(TRACE_HEADER)) as trace_id,
            structlog.contextvars.bound_contextvars(request_id=request_id, trace_id=trace_id),
        ):
            self._metrics.in_flight += 1
            try:
                app = self._app if refusal is None else render_error(refusal, request_id)
                await app(scope, receive, send_with_id)
            except Exception:
                status = 500
                raise
            finally:
                self._metrics.in_flight -= 1
                self._note(scope, status, time.perf_counter() - started)

    def _judge(self, headers: MutableHeaders, state: dict[str, object]) -> PlatformError | None:
        """Set the deadline, and say what is wrong with the request as a whole."""
        try:
            state["deadline"] = Deadline.parse(headers.get(DEADLINE_HEADER))
        except ValidationError as error:
            state["deadline"] = Deadline.parse(None)
            return error
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._max_body_bytes:
            return PayloadTooLargeError(f"a body may have {self._max_body_bytes} bytes at most")
        return None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or scope["state"].get("route", "unknown")
        self._metrics.observe(
            method=scope["method"],
            route=route,
            status=status,
            seconds=seconds,
            trace_id=kept_trace(),
        )
        if scope["path"].endswith(_QUIET_ENDS):
            return
        _log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )
