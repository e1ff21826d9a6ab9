"""What a scrape is answered."""

from fastapi import FastAPI
from starlette.testclient import TestClient

from ai4v.kit.metric import RequestMetrics

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def scrape(metrics: RequestMetrics, accept: str) -> str:
    app = FastAPI()
    app.add_route("/metrics", metrics.expose)
    with TestClient(app) as client:
        return client.get("/metrics", headers={"accept": accept}).text


def make_metrics() -> RequestMetrics:
    metrics = RequestMetrics("asr")
    metrics.observe(method="POST", route="/x", status=200, seconds=0.02, trace_id="ab" * 16)
    metrics.observe(method="BREW", route="/x", status=405, seconds=0.02)
    return metrics


def test_exemplars_are_in_open_metrics() -> None:
    text = scrape(make_metrics(), OPEN_METRICS)
    assert 'status="200"} 1.0 # {trace_id="abababababababababababababababab"}' in text
    assert text.rstrip().endswith("# EOF")


def test_plain_text_has_the_same_counts_without_them() -> None:
    text = scrape(make_metrics(), "text/plain")
    assert 'ai4v_http_requests_total{method="POST",route="/x",status="200"} 1.0' in text
    assert 'method="other",route="/x",status="405"} 1.0' in text
    assert "trace_id" not in text
