"""R10: one result for each Idempotency-Key, whatever is sent how often and killed when."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final, cast

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
_BROKEN: Final = b""
"""In the place of an answer that did not come."""
_PLACES: Final = "ai4v:cache:idempotency:*"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 2, "nmt": 2}, programs={"nmt": "bench.edge.stub"}) as opened:
        yield opened


def _body(text: str) -> dict[str, object]:
    language = {"sourceLanguage": "en", "targetLanguage": "hi"}
    return {"input": [{"source": text}], "config": {"language": language}}


async def _ask_once(client: httpx2.AsyncClient, name: str) -> httpx2.Response:
    return await client.post(_PATH, json=_body(f"good {name}"), headers={"idempotency-key": name})


async def _until_answered(client: httpx2.AsyncClient, name: str) -> bytes:
    """Send one request, with its key, until there is a final answer."""
    while True:
        try:
            answer = await _ask_once(client, name)
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
            asyncio.create_task(_until_answered(client, f"key-{number}"))
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
    requests, results, keys = await _count_rows(town, "key")
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


@pytest.mark.parametrize("harm", ["kill", "pause"])
async def test_r10_keys_of_a_gateway_that_is_gone_are_free_within_seconds(
    town: Town, harm: str
) -> None:
    """A gateway that was killed frees its keys; one that was paused overwrites nothing."""
    _, key = await town.make_key(await town.sign_in())
    names = [f"{harm}-{number}" for number in range(60)]
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(base_url=town.address("gateway"), headers=headers) as client,
        httpx2.AsyncClient(
            base_url=town.address("gateway-2"), headers=headers, timeout=30
        ) as harmed,
    ):
        asking = [asyncio.create_task(_try_once(harmed, name)) for name in names]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        process = town.process("gateway-2")
        (process.kill if harm == "kill" else process.suspend)()
        under_way = len(await _held(town))
        began_s = time.monotonic()
        repeats = await asyncio.gather(*(_until_answered(client, name) for name in names))
        waited_s = time.monotonic() - began_s
        process.resume() if harm == "pause" else await town.await_health("gateway-2")
        answers = await asyncio.gather(*asking)
        later = await asyncio.gather(*(_until_answered(harmed, name) for name in names))
    differing = sum(
        {first, repeat, last} - {_BROKEN} != {repeat}
        for first, repeat, last in zip(answers, repeats, later, strict=True)
    )
    requests, results, keys = await _count_rows(town, harm)
    figures = {"under_way": float(under_way), "waited_s": waited_s, "differing": float(differing)}
    tell(f"R10 {harm}", requests=float(requests), results=float(results), **figures)
    assert under_way > 0
    assert differing == 0
    assert (requests, results, keys) == (60, 60, 60)
    assert waited_s < 15.0


async def _try_once(client: httpx2.AsyncClient, name: str) -> bytes:
    try:
        answer = await _ask_once(client, name)
    except httpx2.TransportError:
        return _BROKEN
    return answer.content if answer.status_code == _FINAL else _BROKEN


async def _held(town: Town) -> list[bytes]:
    """Return what stands for the keys that are under way."""
    places = cast("list[bytes]", await town.valkey("KEYS", _PLACES))
    if not places:
        return []
    values = await town.valkey("MGET", *(place.decode() for place in places))
    found = [value for value in cast("list[bytes | None]", values) if value is not None]
    return [value for value in found if value.startswith(b"held:")]


async def _count_rows(town: Town, prefix: str) -> tuple[int, int, int]:
    connection = await asyncpg.connect(town.database_url.replace("+asyncpg", ""))
    row = await connection.fetchrow(
        "WITH asked AS (SELECT * FROM nmt.nmt_requests WHERE idempotency_key LIKE $1 || '-%')"
        " SELECT count(*), (SELECT count(*) FROM nmt.nmt_results"
        " WHERE nmt_request_id IN (SELECT id FROM asked)),"
        " count(DISTINCT idempotency_key) FROM asked",
        prefix,
    )
    await connection.close()
    return row[0], row[1], row[2]
