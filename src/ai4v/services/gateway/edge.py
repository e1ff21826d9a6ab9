"""The way of whatever is for a service: finds the route, asks the gate, passes on.

A plain ASGI application: this is the path of nearly all requests, so nothing of a framework is on
it (ADR 0019).
"""

from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from ai4v import __version__
from ai4v.contracts.error import (
    AuthenticationError,
    AuthorizationError,
    PlatformError,
    ServiceUnavailableError,
)
from ai4v.contracts.health import Health, HealthReport
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.log import get_logger
from ai4v.kit.trace import TRACE_HEADER, EdgeTracer
from ai4v.services.gateway.attempt.shedding import OverloadError
from ai4v.services.gateway.door.address import Network
from ai4v.services.gateway.door.credential import read_stream_credential
from ai4v.services.gateway.door.gate import Gate, Knock
from ai4v.services.gateway.door.vigil import Vigil
from ai4v.services.gateway.passage.body import ClientGoneError, RequestBody
from ai4v.services.gateway.passage.origin import Origins
from ai4v.services.gateway.passage.path import check_query, read_path
from ai4v.services.gateway.passage.proxy import Proxy
from ai4v.services.gateway.passage.stream import Streams
from ai4v.services.gateway.passage.visit import Visit
from ai4v.services.gateway.record.witness import Witness
from ai4v.services.gateway.routing import Route, RouteTable

_KEY_IN_QUERY: Final = "/ws/v1/"
"""Where a key may be in the query, for a client that can do no other."""
_TRACE: Final = TRACE_HEADER.encode()
_TIMEOUT: Final = DEADLINE_HEADER.encode()
_NO_KEY: Final = (
    "this stream needs an API key: send it as `Authorization: Bearer <key>`,"
    " or offer the subprotocol `ai4v.key.<key>`"
)
_SURPRISE: Final = "an unexpected error; name the requestId when asking for help"
_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passages:
    """The two ways through."""

    proxy: Proxy
    streams: Streams


class Edge:
    """Answers whatever is for a service.

    Args:
        routes: of services.toml.
        gate: lets in.
        passages: lead to the services.
        origins: whose pages may call.
        witness: sees every request end.
        trusted: networks of proxies.
    """

    def __init__(
        self,
        routes: RouteTable,
        gate: Gate,
        passages: Passages,
        origins: Origins,
        witness: Witness,
        trusted: tuple[Network, ...],
    ) -> None:
        self._routes = routes
        self._gate = gate
        self._proxy = passages.proxy
        self._streams = passages.streams
        self._origins = origins
        self._witness = witness
        self._trusted = trusted
        self._tracer = EdgeTracer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or stream (ASGI)."""
        visit = Visit(scope, receive, send, self._trusted)
        self._witness.begin()
        try:
            if scope["type"] == "websocket":
                await self._stream(visit)
            else:
                await self._answer(visit)
        except ClientGoneError:
            return
        except PlatformError as error:
            await _refuse(visit, error)
        except Exception as error:  # noqa: BLE001 - the edge of the process
            _log.error("request failed unexpectedly", exc_info=error)
            await _refuse(visit, PlatformError(_SURPRISE), is_last=True)
        finally:
            if visit.trace is not None:
                visit.trace.end(status=visit.status, request_id=visit.request_id.decode())
            self._witness.end(visit)

    async def _answer(self, visit: Visit) -> None:
        noted = visit.head.noted
        origin = visit.head.get(b"origin") if b"origin" in noted else None
        visit.told.extend(self._origins.describe(origin))
        scope = visit.scope
        route = self._find_route(visit, scope["method"])
        if _TIMEOUT in noted:
            visit.read_deadline()
        if scope["query_string"]:
            check_query(scope["query_string"])
        body = RequestBody(visit.head, visit.receive, route.max_body_bytes)
        with Vigil(visit.deadline) as vigil:
            vigil.watch(body)
            knock = Knock(visit.head, visit.client, route.access, visit.told, route)
            visit.guest = await self._gate.admit(knock)
            try:
                await self._proxy.forward(visit, route, body)
            except ServiceUnavailableError as error:
                if isinstance(error, OverloadError):
                    await self._gate.refund(knock)
                if not route.is_health or visit.is_begun:
                    raise
                await _report_absence(visit, route.service)

    async def _stream(self, visit: Visit) -> None:
        await visit.receive()
        origin = visit.head.get(b"origin")
        if origin is not None and origin not in self._origins and not _is_own(visit, origin):
            raise AuthorizationError("pages of this origin may not open a stream")
        route = self._find_route(visit, "GET")
        query: bytes = visit.scope["query_string"]
        if not visit.path.startswith(_KEY_IN_QUERY):
            check_query(query)
            query = b""
        offered = visit.scope.get("subprotocols", ())
        credential = read_stream_credential(visit.head, offered, query)
        if credential is None:
            raise AuthenticationError(_NO_KEY)
        visit.guest = await self._gate.admit_with(
            credential, Knock(visit.head, visit.client, route.access, visit.told, route)
        )
        await self._streams.serve(visit, route, visit.guest, credential)

    def _find_route(self, visit: Visit, method: str) -> Route:
        visit.path = read_path(visit.scope)
        route = visit.route = self._routes.find(method, visit.path)
        header = None
        if _TRACE in visit.head.noted:
            header = visit.head.noted[_TRACE][0].decode("latin-1")
        visit.trace = self._tracer.begin(header, f"{method} {route.label}")
        return route


async def _refuse(visit: Visit, error: PlatformError, *, is_last: bool = False) -> None:
    if visit.is_begun:
        visit.code = error.code
        service = "" if visit.route is None else visit.route.service
        _log.warning("answer broken off", code=error.code, upstream=service)
        return
    if visit.can_explain:
        await visit.refuse(error, is_last=is_last)
        return
    visit.status = error.status
    visit.code = error.code
    await visit.send({"type": "websocket.close", "code": 1008})


def _is_own(visit: Visit, origin: bytes) -> bool:
    scheme = b"https" if visit.is_secure else b"http"
    return origin == scheme + b"://" + (visit.head.get(b"host") or b"")


async def _report_absence(visit: Visit, service: str) -> None:
    report = HealthReport(
        status=Health.UNHEALTHY,
        service=service,
        version=__version__,
        components={"instance": Health.UNHEALTHY},
    )
    body = report.model_dump_json().encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await visit.answer(503, headers, body, is_protective=False)
