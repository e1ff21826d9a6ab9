from prometheus_client import CollectorRegistry, generate_latest

from ai4v.kit.balance import BreakerState, Failure
from ai4v.ports.registry import Instance
from ai4v.services.gateway.attempt.turnstile import Reason
from ai4v.services.gateway.record.fleetmetric import FleetMetrics


def test_every_decision_is_counted() -> None:
    registry = CollectorRegistry()
    metrics = FleetMetrics(registry)
    instance = Instance("asr", "1", "http://asr:8087")
    metrics.note_attempt("asr")
    metrics.note_attempt("asr")
    metrics.note_retry("asr", Failure.BROKEN)
    metrics.note_budget_refusal("asr")
    metrics.note_hedge("nmt")
    metrics.note_ejection(instance, Failure.HUNG, 30.0)
    metrics.note_readmission(instance)
    metrics.note_breaker("asr", BreakerState.OPEN)
    metrics.note_shed("asr", Reason.FULL)
    told = generate_latest(registry).decode().splitlines()
    for line in (
        'attempts_total{service="asr"} 2.0',
        'retries_total{cause="broken",service="asr"} 1.0',
        'retry_budget_refusals_total{service="asr"} 1.0',
        'hedges_total{service="nmt"} 1.0',
        'ejections_total{cause="hung",service="asr"} 1.0',
        'readmissions_total{service="asr"} 1.0',
        'shed_total{reason="full",service="asr"} 1.0',
    ):
        assert f"ai4v_gateway_{line}" in told
