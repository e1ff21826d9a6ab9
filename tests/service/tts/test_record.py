"""However a request ends, its row says so."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ai4v.adapters.memory.synthesizer import MemoryTrouble
from ai4v.contracts.error import PlatformError
from ai4v.ports.synthesizer import SynthesizerDeadlineError, SynthesizerUnavailableError
from tests.service.tts.stage import Stage, body, make_settings, open_stage
from tests.support.link import linked
from tests.support.poll import until


async def test_row_is_committed_before_the_engine_is_asked(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    call = asyncio.create_task(stage.infer(body("नमस्ते")))
    await stage.neural.is_called.wait()
    assert await stage.status() == [("started", None)]
    stage.neural.hold.set()
    assert (await call).status_code == 200
    assert await stage.status() == [("completed", None)]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (SynthesizerUnavailableError("died"), 503),
        (SynthesizerDeadlineError("late"), 504),
        (PlatformError("odd"), 500),
    ],
)
async def test_engine_failure(stage: Stage, failure: PlatformError, status: int) -> None:
    stage.neural.failure = failure
    response = await stage.infer(body("नमस्ते"))
    assert response.status_code == status
    assert await stage.status() == [("failed", failure.code)]


async def test_surprise(stage: Stage) -> None:
    stage.neural.failure = KeyError("a language it does not declare")
    with capture_logs() as logs:
        response = await stage.infer(body("नमस्ते"))
    assert [log["event"] for log in logs if log["log_level"] == "error"]
    await stage.until_idle()
    assert stage.running.surprises == [stage.neural.failure]
    stage.running.surprises.clear()
    assert response.status_code == 500
    assert "declare" not in response.text
    assert await stage.status() == [("failed", "INTERNAL_ERROR")]


async def test_deadline(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    response = await stage.infer(body("नमस्ते"), **{"x-request-timeout-ms": "1500"})
    assert response.status_code == 504
    assert response.json()["detail"]["code"] == "DEADLINE_EXCEEDED"
    assert await stage.status() == [("failed", "DEADLINE_EXCEEDED")]
    assert stage.neural.cancelled == 1


async def test_caller_that_goes_away(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    call = asyncio.create_task(stage.infer(body("नमस्ते")))
    await stage.neural.is_called.wait()
    call.cancel()
    await asyncio.wait([call])
    await stage.until_idle()
    assert await stage.status() == [("cancelled", None)]
    assert stage.neural.cancelled == 1


async def test_caller_that_goes_away_harms_no_other(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    first = asyncio.create_task(stage.infer(body("नमस्ते")))
    await stage.neural.is_called.wait()
    second = asyncio.create_task(stage.infer(body("नमस्ते")))
    first.cancel()
    await asyncio.wait([first])

    async def first_has_ended() -> bool:
        return stage.neural.cancelled == 1

    await until(first_has_ended)
    stage.neural.hold.set()
    assert (await second).status_code == 200
    assert await stage.status() == [("cancelled", None), ("completed", None)]


async def test_full_queue_sends_callers_away(tts_url: str) -> None:
    async with open_stage(make_settings(tts_url, queue_limit=2)) as stage:
        stage.neural.hold = asyncio.Event()
        calls = [asyncio.create_task(stage.infer(body("नमस्ते"))) for _ in range(2)]

        async def both_are_inside() -> bool:
            return len(stage.neural.calls) == 2

        await until(both_are_inside)
        refused = await stage.infer(body("नमस्ते"))
        assert refused.status_code == 503
        assert refused.json()["detail"]["code"] == "SERVICE_UNAVAILABLE"
        assert int(refused.headers["retry-after"]) >= 1
        stage.neural.hold.set()
        assert [(await call).status_code for call in calls] == [200, 200]
        assert len(await stage.requests()) == 2
        assert (await stage.infer(body("नमस्ते"))).status_code == 200


async def test_few_long_calls_hold_sound_at_once_and_short_ones_pass(tts_url: str) -> None:
    async with open_stage(make_settings(tts_url, concurrency=1)) as stage:
        stage.neural.hold = asyncio.Event()
        text = "नमस्ते " * 200
        calls = [asyncio.create_task(stage.infer(body(text))) for _ in range(3)]
        await stage.neural.is_called.wait()

        async def all_are_recorded() -> bool:
            return len(await stage.requests()) == 3

        await until(all_are_recorded)
        assert len(stage.calls) == 1
        stage.neural.is_called.clear()
        calls.append(asyncio.create_task(stage.infer(body("नमस्ते"))))
        async with asyncio.timeout(3.0):
            await stage.neural.is_called.wait()
        stage.neural.hold.set()
        assert [(await call).status_code for call in calls] == [200, 200, 200, 200]


async def test_no_database_is_503_before_anything_is_spoken(tts_url: str) -> None:
    async with linked(tts_url) as (link, url), open_stage(make_settings(url)) as stage:
        assert (await stage.infer(body("नमस्ते"))).status_code == 200
        stage.neural.calls.clear()
        await link.cut()
        async with asyncio.timeout(3.0):
            response = await stage.infer(body("नमस्ते"))
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert stage.neural.calls == []
        health = await stage.client.get("/api/v1/tts/health")
        assert health.json()["components"]["postgres"] == "unhealthy"


async def test_result_that_cannot_be_stored_is_no_answer(tts_url: str) -> None:
    async with linked(tts_url) as (link, url), open_stage(make_settings(url)) as stage:
        stage.neural.hold = asyncio.Event()
        call = asyncio.create_task(stage.infer(body("नमस्ते")))
        await stage.neural.is_called.wait()
        await link.cut()
        stage.neural.hold.set()
        response = await call
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1


async def test_silence_is_no_success(stage: Stage) -> None:
    stage.neural.is_silent = True
    response = await stage.infer(body("नमस्ते"))
    assert response.status_code == 422
    (error,) = response.json()["detail"]["errors"]
    assert error["path"] == "input.0.source"
    assert await stage.status() == [("failed", "VALIDATION_ERROR")]


async def test_text_that_the_engine_does_not_take(stage: Stage) -> None:
    stage.neural.failure = ValueError("would last too long")
    response = await stage.infer(body("नमस्ते"))
    assert response.status_code == 422
    assert "too long" not in response.text
    assert await stage.status() == [("failed", "VALIDATION_ERROR")]


async def test_one_item_that_fails_ends_the_others(stage: Stage) -> None:
    stage.neural.trouble = MemoryTrouble(deadly_text="दो")
    response = await stage.infer(body("एक", "दो", *["तीन"] * 20))
    assert response.status_code == 503
    assert len(stage.calls) < 6
    assert stage.neural.inside == 0
    assert await stage.status() == [("failed", "SERVICE_UNAVAILABLE")]


async def test_logs_hold_no_content(stage: Stage) -> None:
    with capture_logs() as logs:
        await stage.infer(body("नमस्ते"))
        await stage.infer(body("नमस्ते\0"))
    assert "नमस्ते" not in str(logs)


async def test_the_cost_is_told(stage: Stage) -> None:
    response = await stage.infer(body("नमस्ते", "राम आया।"))
    assert response.headers["x-ai4v-cost"] == "audio_s=0.000;characters=14"
