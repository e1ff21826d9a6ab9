"""R3: a hundred clients that are told to come back do, none too early and not all at once."""

import asyncio
import threading
import time
from random import Random
from statistics import median

import httpx2
import pytest
from pydantic import BaseModel

from ai4v.cli.client import Gateway
from ai4v.cli.patience import Patience
from tests.support.chaos.evenness import evenness
from tests.support.chaos.figure import tell
from tests.support.chaos.scope import IS_FULL
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = pytest.mark.connected

_CLIENTS = 100
_PER_S = 50
_RETRY_AFTER_S = 2
_WINDOW_S = 1.0
_PARTS = 5
"""Of the window; twenty clients are due in each."""


class _Echo(BaseModel):
    id: str


class Client:
    """One of them: the command line's own, on a thread."""

    def __init__(self, http: httpx2.Client, number: int, random: Random) -> None:
        self.id = f"client-{number}"
        self.told_s: list[float] = []
        """When it was told to come back, and how long it then waited."""
        self.waited_s: list[float] = []
        self._gateway = Gateway(http, Patience(60.0, sleep=self._sleep, random=random))

    def ask(self) -> None:
        path = "/api/v1/nmt/inference"
        assert self._gateway.ask("POST", path, _Echo, body={"id": self.id}).id == self.id

    def _sleep(self, seconds: float) -> None:
        self.told_s.append(time.monotonic())
        self.waited_s.append(seconds)
        threading.Event().wait(seconds)


async def test_r3_clients_come_back_in_time_and_evenly_spread() -> None:
    random = Random(choose_seed())  # noqa: S311 - no secret
    async with open_town({"gateway": 1, "nmt": 1}) as town:
        _, key = await town.make_key(await town.sign_in())
        refusal = {"failing": 1.0, "status": 429, "retry_after_s": _RETRY_AFTER_S}
        await town.behave("nmt", is_busy_at_first=True, **refusal)
        clients = await _ask_all(town, key, random)
        arrived = (await town.account("nmt"))["by_id"]
    assert isinstance(arrived, dict)
    assert {len(arrived[client.id]) for client in clients} == {2}
    gaps_s = [arrived[client.id][1] - arrived[client.id][0] for client in clients]
    drawn_s = [client.waited_s[0] - _RETRY_AFTER_S for client in clients]
    after_s = [arrived[client.id][1] - client.told_s[0] - _RETRY_AFTER_S for client in clients]
    on_way_s = median(late - drawn for late, drawn in zip(after_s, drawn_s, strict=True))
    drawn_p = evenness(_spread(drawn_s))
    arrived_p = evenness(_spread([late - on_way_s for late in after_s]))
    tell(
        "R3 clients",
        clients=float(len(clients)),
        earliest_s=min(gaps_s),
        latest_s=max(gaps_s),
        drawn_p=drawn_p,
        arrived=str(_spread([late - on_way_s for late in after_s])),
        arrived_p=arrived_p,
    )
    assert min(gaps_s) >= _RETRY_AFTER_S
    assert 0 <= min(drawn_s) <= max(drawn_s) <= _WINDOW_S
    assert drawn_p > 0.01
    if IS_FULL:
        assert arrived_p > 0.01


async def _ask_all(town: Town, key: str, random: Random) -> list[Client]:
    """Have all clients ask, one after another, and return when each has its answer."""
    headers = {"authorization": f"Bearer {key}"}
    limits = httpx2.Limits(max_connections=_CLIENTS)
    address = town.address("gateway")
    with httpx2.Client(base_url=address, headers=headers, limits=limits) as http:
        clients = [Client(http, number, random) for number in range(_CLIENTS)]
        threads = [threading.Thread(target=client.ask) for client in clients]
        for thread in threads:
            thread.start()
            await asyncio.sleep(1 / _PER_S)
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))
    return clients


def _spread(moments_s: list[float]) -> list[int]:
    """Count those in each part of the window; who is outside counts for the nearest."""
    parts = [int(moment_s / _WINDOW_S * _PARTS) for moment_s in moments_s]
    return [sum(max(0, min(part, _PARTS - 1)) == at for part in parts) for at in range(_PARTS)]
