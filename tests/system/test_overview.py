"""What the platform says of itself, with all its services running."""

import json
import re

import pytest

from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.contracts.identity import FirstRun
from tests.support.poll import until
from tests.support.system import ASR, AUTH, GATEWAY, Platform, start_asr


@pytest.fixture
async def whole(platform: Platform) -> Platform:
    """The platform with its speech service ready."""
    await start_asr(platform, MemoryRecognizer())

    async def is_ready() -> bool:
        return (await platform.client.get("/api/v1/asr/health/ready")).is_success

    await until(is_ready)
    return platform


async def test_everything_is_healthy(whole: Platform) -> None:
    answer = await whole.client.get("/api/v1/status")
    status = answer.json()
    states = {item["name"]: item["status"] for item in status["services"]}
    assert states == {"gateway": "healthy", "auth": "healthy", "asr": "healthy"}
    assert status["status"] == "healthy"
    assert "http:" not in answer.text


async def test_administrators_see_where(whole: Platform, first_run: FirstRun) -> None:
    headers = {"authorization": first_run.api_key}
    text = (await whole.client.get("/api/v1/status", headers=headers)).text
    assert all(address in text for address in (GATEWAY, AUTH, ASR))


async def test_capabilities_are_what_the_engine_declares(whole: Platform) -> None:
    report = (await whole.client.get("/api/v1/capabilities")).json()
    declared = {
        (offer.task.value, offer.language): (offer.tier.value, offer.engine)
        for offer in MemoryRecognizer().info.capabilities
    }
    told = {
        (item["task"], item["language"]): (item["tier"], item["engine"])
        for item in report["capabilities"]
        if item["tier"] != "none"
    }
    assert told == declared
    assert len(report["capabilities"]) == 2 * 23
    whole.clock.advance(6)
    whole.stop(ASR)
    report = (await whole.client.get("/api/v1/capabilities")).json()
    assert {item["tier"] for item in report["capabilities"]} == {"none"}


async def test_one_document_describes_every_service(whole: Platform) -> None:
    answer = await whole.client.get("/openapi.json")
    document = answer.json()
    expected = {"/api/v1/status", "/api/v1/auth/keys", "/api/v1/asr/inference"}
    assert expected <= set(document["paths"])
    assert "/internal" not in answer.text
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    names = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))
