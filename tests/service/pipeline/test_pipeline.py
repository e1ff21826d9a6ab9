"""Tasks in a row, and what happens when one of them fails."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.responses import JSONResponse, PlainTextResponse

from ai4v.kit.seal import Seal
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.kit.topology import load_topology
from ai4v.ports.registry import Instance
from ai4v.services.pipeline.task import SERVICES
from tests.service.pipeline.stage import CALLS, Stage, Worker, open_stage
from tests.support.asgi import RunningApp
from tests.support.poll import until


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


def body(**changes: object) -> dict[str, object]:
    tasks = [
        {"taskType": "asr", "config": {"language": {"sourceLanguage": "hi"}}},
        {
            "taskType": "translation",
            "config": {"language": {"sourceLanguage": "hi", "targetLanguage": "en"}},
        },
        {"taskType": "tts", "config": {"language": {"sourceLanguage": "en"}, "gender": "female"}},
    ]
    given = {"audio": [{"audioContent": "AAAA"}, {"audioContent": "BBBB"}]}
    return {"pipelineTasks": tasks, "inputData": given, **changes}


def refusal(status: int, code: str, path: str | None = None) -> JSONResponse:
    detail: dict[str, object] = {
        "code": code,
        "message": "no",
        "requestId": "r",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    if path:
        detail["errors"] = [{"path": path, "message": "no"}]
    headers = {"retry-after": "9"} if status == 503 else None
    return JSONResponse({"detail": detail}, status, headers)


def detail(answer: httpx2.Response) -> dict[str, object]:
    found = answer.json()["detail"]
    assert isinstance(found, dict)
    return found


async def test_each_task_is_fed_by_the_one_before(stage: Stage) -> None:
    answer = await stage.run(body())
    assert answer.status_code == 200, answer.text
    heard, translated, spoken = answer.json()["pipelineResponse"]
    assert [item["source"] for item in heard["output"]] == ["नमस्ते दुनिया"] * 2
    assert [item["target"] for item in translated["output"]] == ["<नमस्ते दुनिया>"] * 2
    assert [item["audioContent"] for item in spoken["audio"]] == ["<नमस्ते दुनिया>"] * 2
    config = stage.workers["tts"].bodies[0]["config"]
    assert isinstance(config, dict)
    assert (config["language"], config["gender"]) == ({"sourceLanguage": "en"}, "female")


async def test_tasks_are_asked_for_the_caller_and_under_one_id(stage: Stage) -> None:
    await stage.run(body(), **{"x-request-id": "the-one", "x-request-timeout-ms": "5000"})
    for name in CALLS:
        worker = stage.workers[name]
        assert worker.callers == [stage.principal]
        assert worker.headers[0]["x-request-id"] == "the-one"
        assert 0 < int(worker.headers[0]["x-request-timeout-ms"]) <= 5000


async def test_ulca_path_ignores_what_it_does_not_know(stage: Stage) -> None:
    sent = body(more="of this")
    assert (await stage.run(sent)).status_code == 422
    answer = await stage.run(sent, "/services/inference/pipeline")
    assert answer.status_code == 200
    assert set(answer.json()) == {"pipelineResponse"}


@pytest.mark.parametrize(("number", "name"), list(enumerate(CALLS)))
async def test_failing_task_names_itself(stage: Stage, number: int, name: str) -> None:
    stage.workers[name].failure = refusal(422, "LANGUAGE_NOT_SUPPORTED", "config.language")
    answer = await stage.run(body())
    assert answer.status_code == 422
    told = detail(answer)
    assert told["code"] == "LANGUAGE_NOT_SUPPORTED"
    assert str(told["message"]).startswith(f"task {number + 1} of 3 (")
    assert told["errors"] == [{"path": f"pipelineTasks.{number}.config.language", "message": "no"}]
    asked = [called for called in CALLS if stage.workers[called].bodies]
    assert asked == list(CALLS[: number + 1])


async def test_full_task_says_when_to_come_back(stage: Stage) -> None:
    stage.workers["nmt"].failure = refusal(503, "SERVICE_UNAVAILABLE")
    answer = await stage.run(body())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "9")


async def test_bad_item_is_named_where_the_caller_put_it(stage: Stage) -> None:
    stage.workers["asr"].failure = refusal(422, "INVALID_AUDIO", "audio.1.audioContent")
    told = detail(await stage.run(body()))
    assert told["errors"] == [{"path": "inputData.audio.1.audioContent", "message": "no"}]


@pytest.mark.parametrize(
    "failure",
    [PlainTextResponse("what?", 500), PlainTextResponse("what?", 200), refusal(404, "NOT_FOUND")],
)
async def test_task_that_makes_no_sense_is_an_upstream_error(
    stage: Stage, failure: PlainTextResponse
) -> None:
    stage.workers["nmt"].failure = failure
    answer = await stage.run(body())
    assert (answer.status_code, detail(answer)["code"]) == (502, "UPSTREAM_ERROR")


async def test_impossible_order_asks_nobody(stage: Stage) -> None:
    tasks = list(reversed(body()["pipelineTasks"]))  # type: ignore[call-overload]  # a list
    answer = await stage.run(body(pipelineTasks=tasks))
    assert (answer.status_code, detail(answer)["code"]) == (422, "VALIDATION_ERROR")
    assert not any(worker.bodies for worker in stage.workers.values())


@pytest.mark.parametrize(
    "tasks", [[], [{"taskType": "ocr", "config": {}}], [{"taskType": "asr"}], "asr"]
)
async def test_tasks_that_there_are_not(stage: Stage, tasks: object) -> None:
    answer = await stage.run(body(pipelineTasks=tasks))
    assert (answer.status_code, detail(answer)["code"]) == (422, "VALIDATION_ERROR")


async def test_broken_json(stage: Stage) -> None:
    answer = await stage.client.post(
        "/api/v1/pipeline/inference", content=b"{", headers={"content-type": "application/json"}
    )
    assert (answer.status_code, detail(answer)["code"]) == (400, "INVALID_JSON")


async def test_one_deadline_for_all(stage: Stage) -> None:
    stage.workers["nmt"].hold = asyncio.Event()
    answer = await stage.run(body(), **{"x-request-timeout-ms": "300"})
    assert (answer.status_code, detail(answer)["code"]) == (504, "DEADLINE_EXCEEDED")
    assert "task 2 of 3" in str(detail(answer)["message"])


async def test_caller_who_leaves_ends_the_task(stage: Stage) -> None:
    worker = stage.workers["nmt"]
    worker.hold = asyncio.Event()
    call = asyncio.create_task(stage.run(body()))
    await worker.is_asked.wait()
    call.cancel()

    async def is_given_up() -> bool:
        return worker.cancelled == 1

    await until(is_given_up)
    assert not stage.workers["tts"].bodies


async def test_service_that_is_away_is_named(stage: Stage) -> None:
    del stage.network.apps["http://nmt:1"]
    answer = await stage.run(body())
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "(translation)" in str(detail(answer)["message"])


async def test_dead_instance_costs_no_call(stage: Stage) -> None:
    await stage.registry.register(Instance("nmt", "a-dead", "http://nmt:2"), lease_s=3600)

    for _ in range(4):
        assert (await stage.run(body())).status_code == 200


async def test_a_rogue_instance_gets_no_task(stage: Stage) -> None:
    """One that is in the registry, and not by a process of the platform."""
    rogue = Worker("nmt")
    other = SealedRegistry(stage.leases, Seal("x" * 43))
    async with RunningApp(rogue) as stage.network.apps["http://nmt:2"]:
        await stage.leases.register(Instance("nmt", "bare", "http://nmt:2"), lease_s=3600)
        await other.register(Instance("nmt", "other", "http://nmt:2"), lease_s=3600)
        for _ in range(20):
            assert (await stage.run(body())).status_code == 200
    assert not rogue.bodies


async def test_full_house_sends_callers_away() -> None:
    async with open_stage(queue_limit=1) as stage:
        worker = stage.workers["asr"]
        worker.hold = asyncio.Event()
        first = asyncio.create_task(stage.run(body()))
        await worker.is_asked.wait()
        answer = await stage.run(body())
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        worker.hold.set()
        assert (await first).status_code == 200


async def test_health_names_who_is_missing(stage: Stage) -> None:
    report = (await stage.client.get("/api/v1/pipeline/health")).json()
    assert report["status"] == "healthy"
    assert set(report["components"]) == {*CALLS, "valkey"}


async def test_services_are_those_of_the_registry() -> None:
    assert load_topology().service("pipeline").calls == SERVICES


async def test_the_cost_is_that_of_all_tasks_even_when_one_failed(stage: Stage) -> None:
    answer = await stage.run(body())
    assert answer.headers["x-ai4v-cost"] == "audio_s=0.750;characters=21"
    stage.workers["nmt"].failure = refusal(503, "SERVICE_UNAVAILABLE")
    answer = await stage.run(body())
    assert answer.status_code == 503
    assert answer.headers["x-ai4v-cost"] == "audio_s=0.500;characters=14"


async def test_tasks_of_a_repeated_call_are_repeated_calls(stage: Stage) -> None:
    for headers in ({}, {"idempotency-key": "order"}, {"idempotency-key": "order"}):
        assert (await stage.run(body(), **headers)).status_code == 200
    for number, name in enumerate(CALLS, start=1):
        keys = [each.get("idempotency-key") for each in stage.workers[name].headers]
        assert keys == [None, f"order/{number}", f"order/{number}"]
