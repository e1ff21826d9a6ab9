"""What the platform says of itself, with all its services running."""

import json
import re

import pytest

from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.adapters.memory.translator import MemoryTranslator
from ai4v.contracts.identity import FirstRun
from ai4v.contracts.language import LANGUAGES
from ai4v.kit.topology import load_topology
from tests.support.system import ASR, AUTH, GATEWAY, TTS, Platform, start_workers

_WORK = ("/api/v1/tts/inference", "/api/v1/nmt/inference", "/api/v1/pipeline/inference")


@pytest.fixture
async def whole(platform: Platform) -> Platform:
    """The platform with all its services ready."""
    await start_workers(platform)
    return platform


async def test_everything_is_healthy(whole: Platform) -> None:
    answer = await whole.client.get("/api/v1/status")
    status = answer.json()
    states = {item["name"]: item["status"] for item in status["services"]}
    assert states == dict.fromkeys((item.name for item in load_topology().services), "healthy")
    assert status["status"] == "healthy"
    assert "http:" not in answer.text


async def test_administrators_see_where(whole: Platform, first_run: FirstRun) -> None:
    headers = {"authorization": first_run.api_key}
    text = (await whole.client.get("/api/v1/status", headers=headers)).text
    assert all(address in text for address in (GATEWAY, AUTH, ASR))


async def test_capabilities_are_what_the_engines_declare(whole: Platform) -> None:
    report = (await whole.client.get("/api/v1/capabilities")).json()
    told = {
        (item["task"], item["language"], item.get("target_language")): item["tier"]
        for item in report["capabilities"]
    }
    for offer in (*MemoryRecognizer().info.capabilities, *MemoryTranslator().info.capabilities):
        assert told[offer.task.value, offer.language, offer.target_language] == offer.tier
    assert told["translation", "ta", "hi"] == "demo"
    assert {language for _, language, _ in told} == set(LANGUAGES)
    tasks = [task for service in load_topology().services for task in service.tasks]
    assert {task for task, _, _ in told} == set(tasks)


async def test_service_that_is_gone_offers_nothing(whole: Platform) -> None:
    whole.stop(TTS)
    report = (await whole.client.get("/api/v1/capabilities")).json()
    offers = [item for item in report["capabilities"] if item["task"] == "tts"]
    assert {item["tier"] for item in offers} == {"none"}
    assert len(offers) == len(LANGUAGES)


async def test_one_document_describes_every_service(whole: Platform) -> None:
    answer = await whole.client.get("/openapi.json")
    document = answer.json()
    expected = {"/api/v1/status", "/api/v1/auth/keys", "/api/v1/asr/inference", *_WORK}
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
