"""R35: whoever is cancelled when, every answer goes to the one who asked."""

import asyncio
import random
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from tests.support.chaos.faultproxy import Fault, fault_proxy
from tests.support.chaos.figure import tell
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    async with open_town({"gateway": 1, "nmt": 2}) as opened:
        yield opened


async def test_r35_cancelled_requests_leave_no_answer_for_others(town: Town) -> None:
    dice = random.Random(choose_seed())  # noqa: S311 - no secret
    _, key = await town.make_key(await town.sign_in())
    for name in ("nmt", "nmt-2"):
        await town.behave(name, delay_s=0.02)
    count = choose(400, 2_000)
    port = int(town.address("gateway").rpartition(":")[2])
    async with (
        fault_proxy(port, Fault(delay_s=0.01, dice=dice)) as proxy,
        httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{proxy}",
            headers={"authorization": f"Bearer {key}"},
            timeout=20,
        ) as client,
    ):
        askers = Askers(client, dice)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(askers.ask(number))
    tell(
        "R35",
        requests=float(count),
        answered=float(askers.answered),
        wrong=float(len(askers.wrong)),
    )
    assert askers.wrong == []
    assert askers.answered >= count / 2


class Askers:
    """Ask with an id each; every second one soon gives up."""

    def __init__(self, client: httpx2.AsyncClient, dice: random.Random) -> None:
        self._client = client
        self._dice = dice
        self._places = asyncio.Semaphore(40)
        self.answered = 0
        self.wrong: list[str] = []

    async def ask(self, number: int) -> None:
        identity = f"cross-{number}"
        patience_s = self._dice.uniform(0.0, 0.1) if number % 2 else None
        async with self._places:
            try:
                async with asyncio.timeout(patience_s):
                    answer = await self._client.post(
                        "/api/v1/nmt/inference",
                        json={"id": identity},
                        headers={"x-request-id": identity},
                    )
            except TimeoutError:
                return
        body = answer.json()
        told = (body.get("id"), body.get("request_id"), answer.headers["x-request-id"])
        self.answered += 1
        if answer.status_code != 200 or set(told) != {identity}:
            self.wrong.append(f"{identity}: {answer.status_code} {told}")
