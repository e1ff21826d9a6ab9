"""The catch-all behind the gateway's own routes: finds the route, asks the gate, passes on."""

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ai4v import __version__
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.contracts.health import Health, HealthReport
from ai4v.services.gateway.gate import Gate
from ai4v.services.gateway.path import read_path
from ai4v.services.gateway.proxy import Passage, Proxy
from ai4v.services.gateway.routing import RouteTable


class Edge:
    """Answers whatever is for a service."""

    def __init__(self, routes: RouteTable, gate: Gate, proxy: Proxy) -> None:
        self._routes = routes
        self._gate = gate
        self._proxy = proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        path = read_path(scope)
        route = self._routes.find(scope["method"], path)
        scope["state"]["route"] = route.label
        visitor = await self._gate.admit(HTTPConnection(scope), route.access)
        passage = Passage(scope, receive, send, route, path, visitor)
        try:
            await self._proxy.forward(passage)
        except ServiceUnavailableError:
            if not route.is_health:
                raise
            await _report_absence(route.service)(scope, receive, send)


def _report_absence(service: str) -> Response:
    report = HealthReport(
        status=Health.UNHEALTHY,
        service=service,
        version=__version__,
        components={"instance": Health.UNHEALTHY},
    )
    return Response(report.model_dump_json(), status_code=503, media_type="application/json")
