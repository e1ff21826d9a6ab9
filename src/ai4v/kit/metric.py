"""Prometheus metrics that every service has; one registry per app, never a global one."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)


class RequestMetrics:
    """Counts and times of requests by route."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "ai4v_http_requests", "Requests answered.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "ai4v_http_request_seconds",
            "Seconds from first byte in to last byte out.",
            ("method", "route"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "ai4v_http_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """The library looks a label up by locking and joining; there are few of them."""
        Gauge(
            "ai4v_service_info", "Which service this is.", ("service",), registry=self.registry
        ).labels(service).set(1)

    def observe(
        self, *, method: str, route: str, status: int, seconds: float, trace_id: str | None = None
    ) -> None:
        """Count one answered request.

        Args:
            method: of HTTP.
            route: one of few names, never a path as it came.
            status: of HTTP.
            seconds: it took.
            trace_id: of a trace whose spans are sent somewhere; becomes the exemplar.
        """
        method = method if method in _METHODS else "other"
        exemplar = {"trace_id": trace_id} if trace_id else None
        place = (method, route, status)
        found = self._found.get(place)
        if found is None:
            counter = self._requests.labels(method, route, str(status))
            found = self._found[place] = (counter, self._seconds.labels(method, route))
        found[0].inc(exemplar=exemplar)
        found[1].observe(seconds, exemplar)

    async def expose(self, request: Request) -> Response:
        """Answer a scrape; with exemplars where OpenMetrics is asked for."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self.registry), headers={"content-type": media_type})

    async def expose_to_this_machine(self, request: Request) -> Response:
        """Answer a scrape that comes straight from a loopback address; to others nothing is here.

        A proxy on this machine says that it is one by `X-Forwarded-For` or `Forwarded`.
        """
        is_passed_on = not {"x-forwarded-for", "forwarded"}.isdisjoint(request.headers)
        host = request.client.host if request.client else ""
        if is_passed_on or host not in {"127.0.0.1", "::1"}:
            raise HTTPException(404)
        return await self.expose(request)
