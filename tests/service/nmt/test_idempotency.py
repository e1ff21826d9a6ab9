"""A call that repeats an idempotency key is the same call: one row, one set of results."""

import asyncio
import random
from contextlib import suppress
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import RowMapping

from ai4v.kit.database.connection import Database
from ai4v.kit.database.journal import SupersededError
from ai4v.kit.database.journaltable import RequestStatus
from ai4v.ports.translator import TranslatorUnavailableError
from ai4v.services.nmt.repository import ItemResult, NewRequest, RequestRepository
from tests.service.nmt.stage import Stage, body
from tests.support.poll import until

_KEY: Final = {"idempotency-key": "order-1"}


async def _row(stage: Stage) -> RowMapping:
    (row,) = await stage.requests()
    return row


async def test_a_repeated_call_takes_over_the_row_and_its_results(stage: Stage) -> None:
    assert (await stage.infer(body("one", "two"), **_KEY)).status_code == 200
    first = await _row(stage)
    answer = await stage.infer(body("another"), **_KEY, **{"x-request-id": "again"})
    assert answer.status_code == 200
    second = await _row(stage)
    assert second["id"] != first["id"]
    assert (second["request_id"], second["item_count"]) == ("again", 1)
    assert second["started_at"] > first["finished_at"]
    (result,) = await stage.results(second["id"])
    assert result["characters_in"] == len("another")
    assert await stage.results(first["id"]) == []


async def test_calls_without_a_key_or_with_another_are_calls_of_their_own(stage: Stage) -> None:
    for headers in ({}, {}, _KEY, {"idempotency-key": "order-2"}):
        assert (await stage.infer(body("hello"), **headers)).status_code == 200
    keys = [row["idempotency_key"] for row in await stage.requests()]
    assert keys == [None, None, "order-1", "order-2"]


@pytest.mark.parametrize("key", ["", "x" * 301, "ключ", "with space"])
async def test_a_malformed_key_is_refused(stage: Stage, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    answer = await stage.client.post("/api/v1/nmt/inference", json=body("hello"), headers=headers)
    assert answer.status_code == 422
    assert await stage.requests() == []


async def test_a_failed_call_may_be_repeated(stage: Stage) -> None:
    stage.translator.failure = TranslatorUnavailableError("died")
    assert (await stage.infer(body("hello"), **_KEY)).status_code == 503
    stage.translator.failure = None
    assert (await stage.infer(body("hello"), **_KEY)).status_code == 200
    row = await _row(stage)
    assert (row["status"], row["error_code"]) == ("completed", None)


async def test_a_repetition_that_fails_leaves_the_earlier_results(stage: Stage) -> None:
    await stage.infer(body("hello"), **_KEY)
    stage.translator.failure = TranslatorUnavailableError("died")
    assert (await stage.infer(body("hello"), **_KEY)).status_code == 503
    row = await _row(stage)
    assert row["status"] == "failed"
    assert len(await stage.results(row["id"])) == 1
    page = await stage.client.get("/api/v1/nmt/requests")
    (shown,) = page.json()["requests"]
    assert "charactersIn" not in shown


async def test_who_was_overtaken_records_nothing_and_is_told(stage: Stage) -> None:
    stage.translator.hold = asyncio.Event()
    first = asyncio.create_task(stage.infer(body("one", "two"), **_KEY))
    await stage.translator.is_called.wait()
    second = asyncio.create_task(stage.infer(body("another"), **_KEY))

    async def both_are_inside() -> bool:
        return len(stage.translator.calls) == 2

    await until(both_are_inside)
    stage.translator.hold.set()
    overtaken = await first
    assert (await second).status_code == 200
    assert overtaken.status_code == 409
    assert overtaken.json()["detail"]["code"] == "CONFLICT"
    row = await _row(stage)
    assert row["status"] == "completed"
    assert len(await stage.results(row["id"])) == 1


async def test_the_cost_is_told(stage: Stage) -> None:
    answer = await stage.infer(body("hello", "नमस्ते", source="auto", target="bn"))
    assert answer.headers["x-ai4v-cost"] == "audio_s=0.000;characters=11"
    assert "x-ai4v-cost" not in (await stage.infer({})).headers
    stage.translator.failure = TranslatorUnavailableError("died")
    assert "x-ai4v-cost" not in (await stage.infer(body("hello"))).headers


class _Attempt:
    """One call as an instance makes it, which may end anywhere."""

    def __init__(self, stage: Stage, requests: RequestRepository, key: str, size: int) -> None:
        self._requests = requests
        self._results = [_result(size)] * size
        self._request = NewRequest(
            id=uuid4(),
            request_id="call",
            user_id=stage.principal.user_id,
            key_id=None,
            instance_id="nmt-1",
            source_language="en",
            target_language="hi",
            model_id="memory",
            item_count=size,
            timeout_s=60,
            idempotency_key=key,
        )

    async def run(self, fate: float) -> None:
        """Go on until killed, at a random place, or to the end."""
        await self._requests.start(self._request)
        await asyncio.sleep(0)
        if fate < 0.3:
            return
        if fate < 0.4:
            await self._requests.fail(self._request.id, RequestStatus.FAILED, error_code="X")
            return
        with suppress(SupersededError):
            await self._requests.complete(self._request, self._results)


def _result(size: int) -> ItemResult:
    return ItemResult(
        source_language="en",
        characters_in=size,
        characters_out=size,
        processing_s=0.1,
        tier="demo",
        is_script_right=True,
        is_whole=True,
    )


async def test_there_is_one_set_of_results_whatever_was_killed_when(
    stage: Stage, nmt_url: str
) -> None:
    chance = random.Random(1)  # noqa: S311 - not for secrets
    database = Database(nmt_url, pool_size=8)
    requests = RequestRepository(database)
    attempts = [
        _Attempt(stage, requests, f"key-{chance.randrange(10)}", chance.randint(1, 4))
        for _ in range(120)
    ]

    async def run_some() -> None:
        while attempts:
            await attempts.pop().run(chance.random())

    try:
        await asyncio.gather(*(run_some() for _ in range(6)))
        for n in range(10):
            await _Attempt(stage, requests, f"key-{n}", 3).run(1.0)
    finally:
        await database.close()
    rows = await stage.requests()
    assert sorted(row["idempotency_key"] for row in rows) == [f"key-{n}" for n in range(10)]
    for row in rows:
        assert row["status"] == "completed"
        assert [each["characters_in"] for each in await stage.results(row["id"])] == [3, 3, 3]
