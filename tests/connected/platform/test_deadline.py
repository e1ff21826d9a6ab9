"""R1 at a real recognizer: work that is late is given up, and its row says so."""

import asyncio

import httpx2
import pytest

from tests.connected.platform.client import INFERENCE, fetch_statuses, open_client
from tests.support.chaos.figure import tell
from tests.support.chaos.scope import choose
from tests.support.platform import Platform
from tests.support.poll import until
from tests.support.speech_corpus import join_clips

pytestmark = pytest.mark.connected

_DEADLINE_S = 0.5
_SPEECH_S = 120.0
_LOOK_S = 0.5
_IDLE_PERCENT = 20.0
"""Of a processor: an engine that recognizes takes a whole one, and more."""


async def test_r1_no_row_is_done_after_the_deadline(platform: Platform) -> None:
    content, _ = join_clips("hi", _SPEECH_S)
    asked: list[str] = []
    async with open_client(platform, platform.first_run.api_key) as client:
        for _ in range(choose(2, 10)):
            answer = await _ask(client, content)
            assert answer.status_code == 504, answer.text
            assert answer.json()["detail"]["code"] == "DEADLINE_EXCEEDED"
            asked.append(answer.headers["x-request-id"])

    async def is_over() -> bool:
        return "started" not in await _fetch(platform, asked)

    await until(is_over)
    await until(lambda: _is_idle(platform))
    statuses = await _fetch(platform, asked)
    tell("R1 rows", asked=float(len(asked)), done=float(statuses.count("completed")))
    assert set(statuses) <= {"failed", "cancelled"}


async def _fetch(platform: Platform, asked: list[str]) -> list[str]:
    found = await fetch_statuses(platform)
    return [found[request_id] for request_id in asked]


async def _ask(client: httpx2.AsyncClient, content: bytes) -> httpx2.Response:
    return await client.post(
        INFERENCE,
        files={"file": ("long.flac", content)},
        data={"language": "hi"},
        headers={"x-request-timeout-ms": str(round(_DEADLINE_S * 1000))},
    )


async def _is_idle(platform: Platform) -> bool:
    """Whether no engine works any more."""
    workers = platform.find_workers()
    assert workers
    for worker in workers:
        worker.cpu_percent()
    await asyncio.sleep(_LOOK_S)
    return all(worker.cpu_percent() < _IDLE_PERCENT for worker in workers)
