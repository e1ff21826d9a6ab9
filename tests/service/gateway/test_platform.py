import re
from pathlib import Path

import pytest

from ai4v.contracts.language import LANGUAGES
from ai4v.kit.topology import load_topology
from tests.service.gateway.echo import Script, make_router
from tests.service.gateway.house import (
    ADMIN_KEY,
    ASR,
    AUTH,
    House,
    make_key,
    make_service,
    open_house,
)
from tests.support.poll import until

EVIL = {"origin": "https://evil.example"}
FRIEND = {"origin": "https://speech.example.org"}


@pytest.mark.parametrize("end", ["", "/live", "/ready"])
async def test_health_of_a_service_needs_no_key(echo: House, end: str) -> None:
    answer = await echo.ask(path=f"/api/v1/asr/health{end}", key=None)
    assert answer.is_success


@pytest.mark.parametrize("end", ["", "/live", "/ready"])
async def test_a_service_without_instance_is_unhealthy(house: House, end: str) -> None:
    answer = await house.ask(path=f"/api/v1/asr/health{end}", key=None)
    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert answer.json()["service"] == "asr"
    await house.list("asr", "http://dead:8087")
    assert (await house.ask(path=f"/api/v1/asr/health{end}", key=None)).status_code == 503


async def test_every_503_says_when_to_come_back(house: House) -> None:
    paths = ("/api/v1/asr/models", "/api/v1/asr/health", "/api/v1/asr/health/ready")
    refused = [await house.ask(path=path) for path in paths]
    await house.add("asr", ASR, make_service("asr", make_router()))
    del house.services[ASR]  # killed: listed, and nobody is there
    refused += [await house.ask(path=path) for path in paths]
    refused.append(
        await house.ask("POST", "/api/v1/asr/inference", headers={"idempotency-key": "k"})
    )
    house.gateway.state.health.begin_drain()
    refused.append(await house.ask(path="/api/v1/gateway/health/ready"))
    told = {answer.headers.get("retry-after", "nothing") for answer in refused}
    assert {answer.status_code for answer in refused} == {503}
    assert told <= {"1", "2"}


async def test_own_health_says_what_is_down(house: House) -> None:
    answer = await house.ask(path="/api/v1/gateway/health", key=None)
    assert answer.json()["components"] == {"valkey": "healthy", "auth": "healthy"}
    assert answer.json()["status"] == "healthy"


async def test_without_auth_the_gateway_is_degraded_and_ready(house: House) -> None:
    del house.services[AUTH]
    answer = await house.ask(path="/api/v1/gateway/health", key=None)
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["components"]["auth"] == "unhealthy"
    assert (await house.ask(path="/api/v1/gateway/health/ready", key=None)).status_code == 204


async def test_status_shows_every_service(echo: House) -> None:
    echo.services["http://gateway:8080"] = echo.outside.apps["http://gateway:8080"]
    answer = await echo.ask(path="/api/v1/status", key=None)
    status = answer.json()
    states = {item["name"]: item["status"] for item in status["services"]}
    running = {"gateway", "auth", "asr"}
    assert {name for name, state in states.items() if state == "healthy"} == running
    assert states.keys() == {service.name for service in load_topology().services}
    assert status["status"] == "degraded"
    assert "://" not in answer.text


async def test_status_shows_addresses_to_administrators(echo: House) -> None:
    assert ASR not in (await echo.ask(path="/api/v1/status")).text
    assert ASR in (await echo.ask(path="/api/v1/status", key=ADMIN_KEY)).text
    assert (await echo.ask(path="/api/v1/status", key=make_key("wrong"))).status_code == 401


async def test_status_without_instances(house: House) -> None:
    status = (await house.ask(path="/api/v1/status")).json()
    assert status["status"] == "degraded"
    (asr,) = (item for item in status["services"] if item["name"] == "asr")
    assert (asr["status"], asr["instances"]) == ("unhealthy", [])


async def test_a_service_that_hangs_holds_nobody_up(house: House) -> None:
    await house.add("asr", ASR, Script())
    status = (await house.ask(path="/api/v1/status")).json()
    (asr,) = (item for item in status["services"] if item["name"] == "asr")
    assert (asr["status"], asr["instances"]) == (
        "unhealthy",
        [{"status": "unhealthy", "components": {}}],
    )


async def test_capabilities_name_the_best_engine(echo: House) -> None:
    report = (await echo.ask(path="/api/v1/capabilities", key=None)).json()
    assert [language["code"] for language in report["languages"]] == list(LANGUAGES)
    cells = {(item["task"], item["language"]): item for item in report["capabilities"]}
    tasks = [task for service in load_topology().services for task in service.tasks]
    assert len(cells) == len(report["capabilities"]) == len(tasks) * 23
    assert cells["asr", "hi"] == {
        "task": "asr",
        "language": "hi",
        "tier": "neural",
        "engine": "strong",
        "model_id": "strong",
    }
    assert cells["asr", "sat"] == {"task": "asr", "language": "sat", "tier": "none"}


async def test_capabilities_of_a_service_that_is_down(house: House) -> None:
    report = (await house.ask(path="/api/v1/capabilities")).json()
    assert {item["tier"] for item in report["capabilities"]} == {"none"}
    notes = {item["note"] for item in report["capabilities"]}
    assert notes == {
        f"the {service.name} service is not available now"
        for service in load_topology().services
        if service.tasks
    }


async def test_one_document_describes_all(echo: House) -> None:
    document = (await echo.ask(path="/openapi.json", key=None)).json()
    paths = document["paths"]
    assert {"/api/v1/status", "/api/v1/auth/login", "/api/v1/asr/models"} <= set(paths)
    assert not [path for path in paths if path.startswith("/internal")]
    assert paths["/api/v1/asr/health"]["get"]["security"] == []
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert references
    assert references <= set(document["components"]["schemas"])
    operations = [operation for item in paths.values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


async def test_the_page_loads_nothing_from_elsewhere(house: House) -> None:
    for path in ("/docs", "/docs/page.js", "/docs/page.css"):
        answer = await house.ask(path=path, key=None)
        assert answer.status_code == 200
        assert not re.findall(r"https?://", answer.text)
        assert "'unsafe" not in answer.headers["content-security-policy"]
    page = (await house.ask(path="/docs", key=None)).text
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (await house.ask(path=asset, key=None)).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/asr/models", "/nothing", "/api/v1/status"])
async def test_every_answer_protects_the_browser(echo: House, path: str) -> None:
    headers = (await echo.ask(path=path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


async def test_no_other_site_may_call_by_default(echo: House) -> None:
    assert "access-control-allow-origin" not in (await echo.ask(headers=EVIL)).headers


async def test_only_listed_sites_may_call() -> None:
    async with open_house(settings={"cors_origins": FRIEND["origin"]}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        allowed = (await house.ask(headers=FRIEND)).headers
        assert allowed["access-control-allow-origin"] == FRIEND["origin"]
        assert "access-control-allow-credentials" not in allowed
        assert "access-control-allow-origin" not in (await house.ask(headers=EVIL)).headers
        refused = (await house.ask(key=make_key("wrong"), headers=FRIEND)).headers
        assert refused["access-control-allow-origin"] == FRIEND["origin"]
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        }
        for origin, status in ((FRIEND, 200), (EVIL, 400)):
            answer = await house.ask("OPTIONS", key=None, headers={**origin, **asked})
            assert answer.status_code == status


async def test_what_balancing_and_shedding_do_is_counted(echo: House) -> None:
    assert (await echo.ask()).status_code == 200
    del echo.services[ASR]
    assert (await echo.ask()).status_code == 503
    told = (await echo.metrics()).splitlines()
    for line in (
        'ai4v_gateway_attempts_total{service="asr"} 2.0',
        'ai4v_gateway_ejections_total{cause="refused",service="asr"} 1.0',
        'ai4v_gateway_instances{service="asr"} 1.0',
        'ai4v_gateway_instances_ejected{service="asr"} 1.0',
        'ai4v_gateway_outstanding{service="asr"} 0.0',
        'ai4v_gateway_breaker_state{service="asr",state="closed"} 1.0',
        'ai4v_gateway_breaker_open_seconds_total{service="asr"} 0.0',
        'ai4v_gateway_concurrency_limit{service="asr"} 64.0',
        'ai4v_gateway_concurrency{service="asr"} 0.0',
        "ai4v_gateway_limits_degraded 0.0",
    ):
        assert line in told


async def test_the_last_known_instances_are_on_disk(tmp_path: Path) -> None:
    state_file = tmp_path / "directory.json"
    async with open_house(settings={"state_file": state_file}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))

        async def is_saved() -> bool:
            return state_file.exists() and ASR in state_file.read_text()

        await until(is_saved, timeout_s=10)
    assert state_file.stat().st_mode & 0o777 == 0o600
