"""However a request ends, its row says so."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ai4v.contracts.error import PlatformError
from ai4v.ports.recognizer import RecognizerDeadlineError, RecognizerUnavailableError
from tests.service.asr.stage import Stage, body, make_settings, open_stage, speech
from tests.support.link import linked
from tests.support.poll import until


async def _status(stage: Stage) -> list[tuple[str, str | None]]:
    return [(row["status"], row["error_code"]) for row in await stage.requests()]


async def _until_idle(stage: Stage) -> None:
    if stage.running.exchanges:
        await asyncio.wait(stage.running.exchanges, timeout=5)


async def test_row_is_committed_before_the_engine_is_asked(stage: Stage) -> None:
    stage.recognizer.hold = asyncio.Event()
    call = asyncio.create_task(stage.infer(body(speech())))
    await stage.recognizer.is_called.wait()
    assert await _status(stage) == [("started", None)]
    stage.recognizer.hold.set()
    assert (await call).status_code == 200
    assert await _status(stage) == [("completed", None)]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (RecognizerUnavailableError("died"), 503),
        (RecognizerDeadlineError("late"), 504),
        (PlatformError("odd"), 500),
    ],
)
async def test_engine_failure(stage: Stage, failure: PlatformError, status: int) -> None:
    stage.recognizer.failure = failure
    response = await stage.infer(body(speech()))
    assert response.status_code == status
    assert await _status(stage) == [("failed", failure.code)]


async def test_surprise(stage: Stage) -> None:
    stage.recognizer.failure = ValueError("a language it does not declare")
    with capture_logs() as logs:
        response = await stage.infer(body(speech()))
    assert [log["event"] for log in logs if log["log_level"] == "error"]
    await _until_idle(stage)
    assert stage.running.surprises == [stage.recognizer.failure]
    stage.running.surprises.clear()
    assert response.status_code == 500
    assert "declare" not in response.text
    assert await _status(stage) == [("failed", "INTERNAL_ERROR")]


async def test_deadline(stage: Stage) -> None:
    stage.recognizer.hold = asyncio.Event()
    response = await stage.infer(body(speech()), **{"x-request-timeout-ms": "1500"})
    assert response.status_code == 504
    assert response.json()["detail"]["code"] == "DEADLINE_EXCEEDED"
    assert await _status(stage) == [("failed", "DEADLINE_EXCEEDED")]
    assert stage.recognizer.cancelled == 1


async def test_caller_that_goes_away(stage: Stage) -> None:
    stage.recognizer.hold = asyncio.Event()
    call = asyncio.create_task(stage.infer(body(speech())))
    await stage.recognizer.is_called.wait()
    call.cancel()
    await asyncio.wait([call])
    await _until_idle(stage)
    assert await _status(stage) == [("cancelled", None)]
    assert stage.recognizer.cancelled == 1


async def test_caller_that_goes_away_harms_no_other(stage: Stage) -> None:
    stage.recognizer.hold = asyncio.Event()
    first = asyncio.create_task(stage.infer(body(speech())))
    await stage.recognizer.is_called.wait()
    second = asyncio.create_task(stage.infer(body(speech())))
    first.cancel()
    await asyncio.wait([first])

    async def first_has_ended() -> bool:
        return stage.recognizer.cancelled == 1

    await until(first_has_ended)
    stage.recognizer.hold.set()
    assert (await second).status_code == 200
    assert await _status(stage) == [("cancelled", None), ("completed", None)]


async def test_full_queue_sends_callers_away(asr_url: str) -> None:
    async with open_stage(make_settings(asr_url, queue_limit=2)) as stage:
        stage.recognizer.hold = asyncio.Event()
        calls = [asyncio.create_task(stage.infer(body(speech()))) for _ in range(2)]

        async def both_are_inside() -> bool:
            return len(stage.recognizer.calls) == 2

        await until(both_are_inside)
        refused = await stage.infer(body(speech()))
        assert refused.status_code == 503
        assert refused.json()["detail"]["code"] == "SERVICE_UNAVAILABLE"
        assert int(refused.headers["retry-after"]) >= 1
        stage.recognizer.hold.set()
        assert [(await call).status_code for call in calls] == [200, 200]
        assert len(await stage.requests()) == 2
        assert (await stage.infer(body(speech()))).status_code == 200


async def test_few_calls_hold_sound_at_once(asr_url: str) -> None:
    async with open_stage(make_settings(asr_url, concurrency=1)) as stage:
        stage.recognizer.hold = asyncio.Event()
        calls = [asyncio.create_task(stage.infer(body(speech()))) for _ in range(3)]
        await stage.recognizer.is_called.wait()

        async def all_are_recorded() -> bool:
            return len(await stage.requests()) == 3

        await until(all_are_recorded)
        assert len(stage.codec.raw) == 1
        stage.recognizer.hold.set()
        assert [(await call).status_code for call in calls] == [200, 200, 200]


async def test_no_database_is_503_before_anything_is_heard(asr_url: str) -> None:
    async with linked(asr_url) as (link, url), open_stage(make_settings(url)) as stage:
        assert (await stage.infer(body(speech()))).status_code == 200
        stage.recognizer.calls.clear()
        await link.cut()
        async with asyncio.timeout(3.0):
            response = await stage.infer(body(speech()))
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert stage.recognizer.calls == []
        health = await stage.client.get("/api/v1/asr/health")
        assert health.json()["components"]["postgres"] == "unhealthy"


async def test_result_that_cannot_be_stored_is_no_answer(asr_url: str) -> None:
    async with linked(asr_url) as (link, url), open_stage(make_settings(url)) as stage:
        stage.recognizer.hold = asyncio.Event()
        call = asyncio.create_task(stage.infer(body(speech())))
        await stage.recognizer.is_called.wait()
        await link.cut()
        stage.recognizer.hold.set()
        response = await call
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1


async def test_the_cost_is_told_even_when_the_row_cannot_be_written(asr_url: str) -> None:
    async with linked(asr_url) as (link, url), open_stage(make_settings(url)) as stage:
        response = await stage.infer(body(speech()))
        rows = await stage.results((await stage.requests())[0]["id"])
        assert response.headers["x-ai4v-cost"] == f"audio_s={rows[0]['audio_s']:.3f};characters=0"
        stage.recognizer.hold = asyncio.Event()
        stage.recognizer.is_called.clear()
        call = asyncio.create_task(stage.infer(body(speech())))
        await stage.recognizer.is_called.wait()
        await link.cut()
        stage.recognizer.hold.set()
        failed = await call
        assert failed.status_code == 503
        assert failed.headers["x-ai4v-cost"] == response.headers["x-ai4v-cost"]
