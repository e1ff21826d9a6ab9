"""Makes metrics of what balancing, repeating and shedding decide (ADR 0020)."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ai4v.kit.balance import Balancer, BreakerState, Failure
from ai4v.kit.log import get_logger
from ai4v.kit.metric import Tally
from ai4v.ports.registry import Instance
from ai4v.services.gateway.attempt.shedding import Shedder
from ai4v.services.gateway.attempt.turnstile import Reason

_PREFIX: Final = "ai4v_gateway_"
_log: Final = get_logger(__name__)


class FleetMetrics:
    """Hears of each decision: a balancer's, an attempt's and a shedder's observer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def count(name: str, text: str, *labels: str) -> Counter:
            return Counter(_PREFIX + name, text, ("service", *labels), registry=registry)

        self._attempts = Tally(
            _PREFIX + "attempts", "Requests sent to an instance.", ("service",), registry
        )
        self._retries = count("retries", "Requests sent again, by what went wrong.", "cause")
        self._refusals = count("retry_budget_refusals", "Requests not sent again: too many were.")
        self._hedges = count("hedges", "Second instances asked for speed alone.")
        self._ejections = count("ejections", "Instances left out, by what went wrong.", "cause")
        self._readmissions = count("readmissions", "Instances taken back.")
        self._shed = count("shed", "Requests refused: more than the service can do.", "reason")

    def note_attempt(self, service: str) -> None:
        """Count a request to an instance."""
        self._attempts.count((service,))

    def note_retry(self, service: str, cause: Failure) -> None:
        """Count one that is sent again."""
        self._retries.labels(service, cause).inc()

    def note_budget_refusal(self, service: str) -> None:
        """Count one that is not."""
        self._refusals.labels(service).inc()

    def note_hedge(self, service: str) -> None:
        """Count a second instance that is asked as well."""
        self._hedges.labels(service).inc()

    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        """Count an instance that is left out, and name it in the log."""
        self._ejections.labels(instance.service, cause).inc()
        _log.warning(
            "instance left out",
            upstream=instance.service,
            address=instance.base_url,
            cause=str(cause),
            duration_s=duration_s,
        )

    def note_readmission(self, instance: Instance) -> None:
        """Count one that is taken back, and name it in the log."""
        self._readmissions.labels(instance.service).inc()
        _log.info("instance taken back", upstream=instance.service, address=instance.base_url)

    def note_breaker(self, service: str, state: BreakerState) -> None:
        """Tell the log; how long it is open is read when a scrape comes."""
        _log.warning("circuit changed", upstream=service, state=str(state))

    def note_shed(self, service: str, reason: Reason) -> None:
        """Count one that is refused."""
        self._shed.labels(service, reason).inc()


class FleetReadings(Collector):
    """How each service stands, read when a scrape comes."""

    def __init__(self, balancer: Balancer, shedder: Shedder) -> None:
        self._balancer = balancer
        self._shedder = shedder

    def collect(self) -> Iterator[Metric]:
        """Read everything."""
        instances = _gauge("instances", "Instances believed alive.")
        ejected = _gauge("instances_ejected", "Instances that are left out.")
        outstanding = _gauge("outstanding", "Requests and streams at instances.")
        breaker = GaugeMetricFamily(
            f"{_PREFIX}breaker_state",
            "1 for the state in which a service's circuit is.",
            labels=["service", "state"],
        )
        open_s = CounterMetricFamily(
            f"{_PREFIX}breaker_open_seconds",
            "How long a service's circuit was open in all.",
            labels=["service"],
        )
        for fleet in self._balancer.states():
            labels = [fleet.service]
            instances.add_metric(labels, fleet.instances)
            ejected.add_metric(labels, fleet.ejected)
            outstanding.add_metric(labels, fleet.outstanding)
            open_s.add_metric(labels, fleet.open_s)
            for state in BreakerState:
                breaker.add_metric([*labels, state], float(fleet.breaker is state))
        yield from (instances, ejected, outstanding, breaker, open_s)
        yield from self._collect_places()

    def _collect_places(self) -> Iterator[Metric]:
        limit = _gauge("concurrency_limit", "Requests that a service is given at once.")
        inside = _gauge("concurrency", "Requests that it works on.")
        waiting = _gauge("waiting", "Requests that wait for a place.")
        for state in self._shedder.states():
            labels = [state.service]
            limit.add_metric(labels, state.limit)
            inside.add_metric(labels, state.inside)
            waiting.add_metric(labels, state.waiting)
        yield from (limit, inside, waiting)


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, text, labels=["service"])
