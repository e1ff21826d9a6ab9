"""Prometheus metrics that every service has; one registry per app, never a global one."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_NAMES: Final = (*(str(float(bound)) for bound in _BUCKETS_S), "+Inf")


@dataclass(slots=True)
class _Times:
    """How long the requests of a method and route took."""

    counts: list[int] = field(default_factory=lambda: [0] * len(_NAMES))
    exemplars: list[Exemplar | None] = field(default_factory=lambda: [None] * len(_NAMES))
    sum_s: float = 0.0

    def list_buckets(self) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        total = 0
        for name, number, exemplar in zip(_NAMES, self.counts, self.exemplars, strict=True):
            total += number
            place = (name, float(total))
            buckets.append(place if exemplar is None else (*place, exemplar))
        return buckets


@dataclass(slots=True)
class _Place:
    """The requests of a method, route and status."""

    times: _Times
    number: int = 0
    exemplar: Exemplar | None = None


class Tally(Collector):
    """A counter for the hot path: plain numbers of one event loop, read when a scrape comes."""

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._numbers: dict[tuple[str, ...], int] = {}
        registry.register(self)

    def count(self, place: tuple[str, ...]) -> None:
        """Add one; `place` has a value for each label, in their order."""
        self._numbers[place] = self._numbers.get(place, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """Read the numbers (the library's collector)."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for place, number in self._numbers.items():
            family.add_metric(place, number)
        yield family


class RequestMetrics(Collector):
    """Counts and times of requests by route.

    Plain numbers of one event loop, read when a scrape comes: the library's own counters lock and
    judge for every request.
    """

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.in_flight = 0
        """Requests being answered; whoever answers one counts it in and out."""
        self._places: dict[tuple[str, str, int], _Place] = {}
        self._times: dict[tuple[str, str], _Times] = {}
        Gauge(
            "ai4v_service_info", "Which service this is.", ("service",), registry=self.registry
        ).labels(service).set(1)
        self.registry.register(self)

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
        if method not in _METHODS:
            method = "other"
        place = self._places.get((method, route, status))
        if place is None:
            times = self._times.setdefault((method, route), _Times())
            place = self._places[method, route, status] = _Place(times)
        place.number += 1
        times = place.times
        bucket = bisect_left(_BUCKETS_S, seconds)
        times.counts[bucket] += 1
        times.sum_s += seconds
        if trace_id:
            labels, now_s = {"trace_id": trace_id}, time.time()
            place.exemplar = Exemplar(labels, 1.0, now_s)
            times.exemplars[bucket] = Exemplar(labels, seconds, now_s)

    def collect(self) -> Iterator[Metric]:
        """Read everything (the library's collector)."""
        requests = CounterMetricFamily(
            "ai4v_http_requests", "Requests answered.", labels=("method", "route", "status")
        )
        for (method, route, status), place in self._places.items():
            requests.add_metric((method, route, str(status)), place.number, exemplar=place.exemplar)
        yield requests
        yield GaugeMetricFamily(
            "ai4v_http_requests_in_flight", "Requests being answered.", value=self.in_flight
        )
        seconds = HistogramMetricFamily(
            "ai4v_http_request_seconds",
            "Seconds from first byte in to last byte out.",
            labels=("method", "route"),
        )
        for labels, times in self._times.items():
            seconds.add_metric(labels, times.list_buckets(), times.sum_s)
        yield seconds

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
