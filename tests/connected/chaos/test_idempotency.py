"""R10: one result for each Idempotency-Key, whatever is sent how often and killed when."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest
import pytest_asyncio

from tests.support.chaos.figure import tell
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_PATH = "/api/v1/nmt/inference"
_FINAL = 200
_COPIES = 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 1, "nmt": 2}, programs={"nmt": "bench.edge.stub"}) as opened:
        yield opened


def _body(text: str) -> dict[str, object]:
    language = {"sourceLanguage": "en", "targetLanguage": "hi"}
    return {"input": [{"source": text}], "config": {"language": language}}


async def _until_answered(client: httpx2.AsyncClient, number: int) -> bytes:
    """Send one request, with its key, until there is a final answer."""
    headers = {"idempotency-key": f"key-{number}"}
    while True:
        try:
            answer = await client.post(_PATH, json=_body(f"good {number}"), headers=headers)
        except httpx2.TransportError:
            continue
        if answer.status_code == _FINAL:
            return answer.content
        assert answer.status_code in {409, 502, 503, 504}, answer.text
        await asyncio.sleep(0.1)


async def test_r10_each_key_has_one_result(town: Town) -> None:
    _, key = await town.make_key(await town.sign_in())
    count, kills = choose(60, 500), choose(2, 5)
    headers = {"authorization": f"Bearer {key}"}
    limits = httpx2.Limits(max_connections=60)
    async with httpx2.AsyncClient(
        base_url=town.address("gateway"), headers=headers, limits=limits, timeout=30
    ) as client:
        asking = [
            asyncio.create_task(_until_answered(client, number))
            for number in range(count)
            for _ in range(_COPIES)
        ]
        for number in range(kills):
            await asyncio.sleep(0.4)
            name = ("nmt", "nmt-2")[number % 2]
            town.process(name).kill()
            await town.await_health(name)
        answers = await asyncio.gather(*asking)
        other = await client.post(
            _PATH, json=_body("something else"), headers={"idempotency-key": "key-0"}
        )
    differing = sum(len(set(answers[at : at + _COPIES])) != 1 for at in range(0, len(answers), 3))
    requests, results, keys = await _count_rows(town)
    tell(
        "R10",
        keys=float(count),
        requests=float(requests),
        results=float(results),
        differing=float(differing),
    )
    assert differing == 0
    assert (requests, results, keys) == (count, count, count)
    assert other.status_code == 422


async def _count_rows(town: Town) -> tuple[int, int, int]:
    connection = await asyncpg.connect(town.database_url.replace("+asyncpg", ""))
    row = await connection.fetchrow(
        "SELECT count(*), count(DISTINCT idempotency_key),"
        " (SELECT count(*) FROM nmt.nmt_results) FROM nmt.nmt_requests"
        " WHERE idempotency_key IS NOT NULL"
    )
    await connection.close()
    return row[0], row[2], row[1]
