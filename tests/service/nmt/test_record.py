"""What happened is on record before the answer, however it ended; content never is."""

import asyncio

import pytest
from structlog.testing import capture_logs

from ai4v.contracts.error import PlatformError
from ai4v.ports.translator import TranslatorDeadlineError, TranslatorUnavailableError
from tests.service.nmt.stage import Stage, body, make_settings, open_stage
from tests.support.link import linked
from tests.support.poll import until


async def _status(stage: Stage) -> list[tuple[str, str | None]]:
    return [(row["status"], row["error_code"]) for row in await stage.requests()]


async def _until_idle(stage: Stage) -> None:
    if stage.running.exchanges:
        await asyncio.wait(stage.running.exchanges, timeout=5)


async def test_what_is_recorded(stage: Stage) -> None:
    answer = await stage.infer(body("good morning", "নমস্কার", "5", source="auto"), **_ID)
    assert answer.status_code == 422
    answer = await stage.infer(body("good morning", "নমস্কার", source="auto"), **_ID)
    outputs = answer.json()["output"]
    (row,) = await stage.requests()
    assert row["request_id"] == "call-1"
    assert row["key_id"] == stage.principal.key_id
    assert (row["source_language"], row["target_language"]) == ("auto", "hi")
    assert (row["model_id"], row["item_count"]) == ("memory", 2)
    assert row["started_at"] <= row["finished_at"] <= row["deadline_at"]
    first, second = await stage.results(row["id"])
    assert (first["source_language"], first["characters_in"]) == ("en", 12)
    assert first["characters_out"] == len(outputs[0]["target"])
    assert (first["tier"], first["is_script_right"], first["is_whole"]) == ("demo", True, True)
    assert second["source_language"] == "bn"
    assert 0 <= second["processing_s"] < 60


_ID = {"x-request-id": "call-1"}


async def test_row_is_committed_before_the_engine_is_asked(stage: Stage) -> None:
    stage.translator.hold = asyncio.Event()
    call = asyncio.create_task(stage.infer(body("hello")))
    await stage.translator.is_called.wait()
    assert await _status(stage) == [("started", None)]
    stage.translator.hold.set()
    assert (await call).status_code == 200
    assert await _status(stage) == [("completed", None)]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (TranslatorUnavailableError("died"), 503),
        (TranslatorDeadlineError("late"), 504),
        (PlatformError("odd"), 500),
    ],
)
async def test_engine_failure(stage: Stage, failure: PlatformError, status: int) -> None:
    stage.translator.failure = failure
    response = await stage.infer(body("hello"))
    assert response.status_code == status
    assert ("retry-after" in response.headers) is (status == 503)
    assert await _status(stage) == [("failed", failure.code)]
    stage.translator.failure = None
    assert (await stage.infer(body("hello"))).status_code == 200


async def test_surprise(stage: Stage) -> None:
    stage.translator.failure = ValueError("a direction it does not declare")
    with capture_logs() as logs:
        response = await stage.infer(body("hello"))
    assert [log["event"] for log in logs if log["log_level"] == "error"]
    await _until_idle(stage)
    assert stage.running.surprises == [stage.translator.failure]
    stage.running.surprises.clear()
    assert response.status_code == 500
    assert "declare" not in response.text
    assert await _status(stage) == [("failed", "INTERNAL_ERROR")]


async def test_deadline(stage: Stage) -> None:
    stage.translator.hold = asyncio.Event()
    response = await stage.infer(body("hello"), **{"x-request-timeout-ms": "1500"})
    assert response.status_code == 504
    assert response.json()["detail"]["code"] == "DEADLINE_EXCEEDED"
    assert await _status(stage) == [("failed", "DEADLINE_EXCEEDED")]
    assert stage.translator.cancelled == 1


async def test_caller_that_goes_away_harms_no_other(stage: Stage) -> None:
    stage.translator.hold = asyncio.Event()
    first = asyncio.create_task(stage.infer(body("hello")))
    await stage.translator.is_called.wait()
    second = asyncio.create_task(stage.infer(body("hello")))
    first.cancel()
    await asyncio.wait([first])

    async def first_has_ended() -> bool:
        return stage.translator.cancelled == 1 and len(stage.translator.calls) == 2

    await until(first_has_ended)
    stage.translator.hold.set()
    assert (await second).status_code == 200
    await _until_idle(stage)
    assert await _status(stage) == [("cancelled", None), ("completed", None)]


async def test_full_queue_sends_callers_away(nmt_url: str) -> None:
    async with open_stage(make_settings(nmt_url, queue_limit=2)) as stage:
        stage.translator.hold = asyncio.Event()
        calls = [asyncio.create_task(stage.infer(body("hello"))) for _ in range(2)]

        async def both_are_inside() -> bool:
            return len(stage.translator.calls) == 2

        await until(both_are_inside)
        refused = await stage.infer(body("hello"))
        assert refused.status_code == 503
        assert refused.json()["detail"]["code"] == "SERVICE_UNAVAILABLE"
        assert int(refused.headers["retry-after"]) >= 1
        stage.translator.hold.set()
        assert [(await call).status_code for call in calls] == [200, 200]
        assert len(await stage.requests()) == 2
        assert (await stage.infer(body("hello"))).status_code == 200


async def test_no_database_is_503_before_anything_is_translated(nmt_url: str) -> None:
    async with linked(nmt_url) as (link, url), open_stage(make_settings(url)) as stage:
        assert (await stage.infer(body("hello"))).status_code == 200
        stage.translator.calls.clear()
        await link.cut()
        async with asyncio.timeout(3.0):
            response = await stage.infer(body("hello"))
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert stage.translator.calls == []
        health = await stage.client.get("/api/v1/nmt/health")
        assert health.json()["components"]["postgres"] == "unhealthy"


async def test_result_that_cannot_be_stored_is_no_answer(nmt_url: str) -> None:
    async with linked(nmt_url) as (link, url), open_stage(make_settings(url)) as stage:
        stage.translator.hold = asyncio.Event()
        call = asyncio.create_task(stage.infer(body("hello")))
        await stage.translator.is_called.wait()
        await link.cut()
        stage.translator.hold.set()
        response = await call
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1


async def test_content_is_nowhere_in_logs_and_rows(stage: Stage) -> None:
    with capture_logs() as logs:
        answer = await stage.infer(body("canary bird 12345"))
        stage.translator.is_mute = True
        await stage.infer(body("canary bird 12345"))
    target = answer.json()["output"][0]["target"].split()[0]
    rows = await stage.requests()
    kept = str([logs, rows, await stage.results(rows[0]["id"])])
    assert "canary" not in kept
    assert "12345" not in kept
    assert target not in kept
