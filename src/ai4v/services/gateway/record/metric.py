"""What the gateway counts beside what every service does."""

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ai4v.kit.metric import Tally

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OUTCOMES: Final = {401: "refused", 403: "refused", 429: "limited", 499: "left"}


class EdgeMetrics:
    """Requests by route, kind of credential and outcome."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Tally(
            "ai4v_gateway_requests",
            "Requests by route, kind of credential, method and outcome.",
            ("route", "key_class", "method", "outcome"),
            registry,
        )

    def observe(self, *, route: str, key_class: str, method: str, status: int) -> None:
        """Count one answered request."""
        method = method if method in _METHODS else "other"
        self._requests.count((route, key_class, method, name_outcome(status)))


def name_outcome(status: int) -> str:
    """Return ok, refused, limited, rejected, failed or left."""
    if status < 400:
        return "ok"
    return _OUTCOMES.get(status, "rejected" if status < 500 else "failed")


class Count(Protocol):
    """A number that only rises, or a reading."""

    def __call__(self) -> float:
        """Return it as it is now."""
        ...


class Readings(Collector):
    """Numbers that parts of the gateway keep anyway, read when a scrape comes.

    Args:
        counters: name and help of numbers that only rise, and what reads them.
        gauges: of those that rise and fall.
        by_layer: where credentials were found.
    """

    def __init__(
        self,
        counters: dict[tuple[str, str], Count],
        gauges: dict[tuple[str, str], Count],
        by_layer: Callable[[], dict[str, int]],
    ) -> None:
        self._counters = counters
        self._gauges = gauges
        self._by_layer = by_layer

    def add_counter(self, name: str, text: str, read: Count) -> None:
        """Read one more number that only rises."""
        self._counters[name, text] = read

    def add_gauge(self, name: str, text: str, read: Count) -> None:
        """Read one more number that rises and falls."""
        self._gauges[name, text] = read

    def collect(self) -> Iterator[Metric]:
        """Read everything."""
        for (name, text), read in self._counters.items():
            yield CounterMetricFamily(name, text, value=read())
        for (name, text), read in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=read())
        layers = CounterMetricFamily(
            "ai4v_gateway_credentials_found",
            "Good credentials by where they were found.",
            labels=["layer"],
        )
        for layer, number in self._by_layer().items():
            layers.add_metric([layer], number)
        yield layers
