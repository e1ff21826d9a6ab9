"""Traces from the gateway to the engine; and secrets sent everywhere that must be found nowhere.

Security 13 and 20: every kind of secret and of content is sent through every path; then all that
the platform writes is searched: logs, traces, metrics, errors, the audit log.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx2
import pytest
import pytest_asyncio

from tests.support.collector import Collector, SeenSpan, run_collector
from tests.support.platform import Platform, run_platform
from tests.support.poll import until

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_TRACE = "0af7651916cd43dd8448eb211c80319c"
_PASSWORD = "canary-password-9f2c7d41e8"
_KEY = "a4v_0123456789ABCDEFabcdef_canarykeyKLMNOPQRSTUVWXYZ0123456789abcdefghijklmn"
_TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJjYW5hcnkiOiJjYW5hcnktand0In0.Y2FuYXJ5LXNpZ25hdHVyZS1mMDAx"
_REFRESH = "a4r_canaryrefreshABCDEFGHIJKLMNOPQRSTUVWXYZ0123"
_AADHAAR = "3675 9834 6012"
_TEXT = "canarytext mera aadhaar number"
_CANARIES = (_PASSWORD, _KEY, _TOKEN, _REFRESH, _AADHAAR, "canarytext", "Y2FuYXJ5", "canaryquery")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with run_collector() as running:
        yield running


@pytest.fixture(scope="module")
def house(collector: Collector) -> Iterator[Platform]:
    tracing = {
        "AI4V_OTLP_URL": collector.url,
        "AI4V_TRACE_RATIO": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    with run_platform(environment=tracing) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(house: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=house.gateway_url, timeout=60) as opened:
        yield opened


async def test_trace_leads_from_the_gateway_to_the_engine(
    house: Platform, client: httpx2.AsyncClient, collector: Collector
) -> None:
    headers = {
        "authorization": f"Bearer {house.first_run.api_key}",
        "traceparent": f"00-{_TRACE}-b7ad6b7169203331-01",
    }
    body = {"input": [{"source": "வணக்கம்"}], "config": {"language": {"sourceLanguage": "ta"}}}
    answer = await client.post("/api/v1/tts/inference", json=body, headers=headers)
    assert answer.status_code == 200, answer.text

    async def has_all() -> bool:
        return len({span.service for span in _spans(collector)}) >= 2 and any(
            span.name.startswith("engine") for span in _spans(collector)
        )

    await until(has_all)
    spans = _spans(collector)
    known = {span.span_id for span in spans} | {"b7ad6b7169203331"}
    assert {"ai4v-gateway", "ai4v-tts"} <= {span.service for span in spans}
    assert all(span.parent_id in known for span in spans)
    logs = (house.data_dir / "log" / "tts.log").read_text()
    assert f'"trace_id": "{_TRACE}"' in logs


def _spans(collector: Collector) -> list[SeenSpan]:
    return [span for span in collector.spans if span.trace_id == _TRACE]


async def test_secrets_sent_everywhere_are_found_nowhere(
    house: Platform, client: httpx2.AsyncClient, collector: Collector
) -> None:
    document = (await client.get("/openapi.json")).json()
    good = {"authorization": f"Bearer {house.first_run.api_key}"}
    await _succeed(house, client, good)  # first: so many refusals stop an address
    answers: list[str] = []
    for path, item in document["paths"].items():
        target = path.replace("{", "").replace("}", "")
        for method in item:
            for headers in (good, {"authorization": f"Bearer {_KEY}"}, {"x-api-key": _TOKEN}):
                answer = await client.request(
                    method,
                    target,
                    params={"q": "canaryquery", "text": _TEXT},
                    json=_canary_body(),
                    headers={**headers, "cookie": f"session={_REFRESH}"},
                )
                if answer.status_code >= 400:
                    answers.append(answer.text)
    broken = (f'{{"password": "{_PASSWORD}"', _TEXT, "\x00" + _AADHAAR)
    answers += [
        (await client.post("/api/v1/auth/login", content=text.encode())).text for text in broken
    ]
    answers.append((await client.get(f"/api/v1/asr/models?apiKey={_KEY}", headers=good)).text)
    await asyncio.sleep(2)  # what is written beside the requests: refusals, spans
    metrics = [await _metrics(house, service.name) for service in house.topology.services]
    sinks = {
        "errors": "\n".join(answers),
        "metrics": "\n".join(metrics),
        "traces": "\n".join(body.decode("latin-1") for body in collector.raw),
        "audit": await _audit(house),
        **{path.name: path.read_text("utf-8", "replace") for path in _logs(house)},
    }
    assert len(answers) > 50
    found = [
        (name, canary) for name, text in sinks.items() for canary in _CANARIES if canary in text
    ]
    assert found == []


async def _succeed(house: Platform, client: httpx2.AsyncClient, good: dict[str, str]) -> None:
    """Send secrets and content that are taken: what goes well is logged and traced too."""
    first = {"username": house.first_run.username, "password": house.first_run.password}
    login, users = "/api/v1/auth/login", "/api/v1/auth/users"
    token = (await client.post(login, json=first)).json()["access_token"]
    user = {"username": "taken", "password": _PASSWORD}
    spoken = {
        "input": [{"source": f"{_TEXT} {_AADHAAR}"}],
        "config": {"language": {"sourceLanguage": "hi"}},
    }
    for path, body, headers in (
        (users, user, {"authorization": f"Bearer {token}"}),
        (login, user, {}),
        ("/api/v1/tts/inference", spoken, good),
        ("/api/v1/nmt/detect", {"input": spoken["input"]}, good),
    ):
        answer = await client.post(path, json=body, headers=headers)
        assert answer.is_success, (path, answer.text)


def _canary_body() -> dict[str, object]:
    audio = base64.b64encode(b"canary-audio").decode()
    return {
        "username": "canary-user",
        "password": _PASSWORD,
        "current_password": _PASSWORD,
        "new_password": _PASSWORD,
        "token": _REFRESH,
        "refresh_token": _REFRESH,
        "ticket": _REFRESH,
        "input": [{"source": f"{_TEXT} {_AADHAAR}"}],
        "audio": [{"audioContent": audio}],
        "config": {"language": {"sourceLanguage": "canarytext", "targetLanguage": _AADHAAR}},
    }


def _logs(house: Platform) -> list[Path]:
    return sorted((house.data_dir / "log").iterdir())


async def _metrics(house: Platform, service: str) -> str:
    port = house.topology.service(service).port
    async with httpx2.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/metrics")).text


async def _audit(house: Platform) -> str:
    url = (house.data_dir / "secrets" / "ai4v_database_url").read_text()
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    rows = await connection.fetch("SELECT row_to_json(e)::text AS row FROM auth.audit_events e")
    await connection.close()
    return json.dumps([row["row"] for row in rows])
