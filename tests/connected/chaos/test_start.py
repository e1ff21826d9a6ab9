"""R36: whatever starts first, all end up well."""

import asyncio
import random
import time

import pytest

from tests.support.chaos.figure import tell
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import choose
from tests.support.chaos.town import choose_seed, open_town

pytestmark = pytest.mark.connected


async def test_r36_order_of_the_start_does_not_matter() -> None:
    dice = random.Random(choose_seed())  # noqa: S311 - no secret
    slowest = 0.0
    rounds = choose(3, 20)
    async with open_town({"gateway": 2, "nmt": 2}) as town:
        _, key = await town.make_key(await town.sign_in())
        names = [name for name in town.units if name not in town.stores]
        for _ in range(rounds):
            for name in names:
                await town.units[name].stop()
            for name in town.stores:
                await town.units[name].stop()
            order = dice.sample([*names, *town.stores], len(names) + len(town.stores))
            began = time.monotonic()
            starting = []
            for name in order:
                starting.append(asyncio.create_task(town.start(name)))
                await asyncio.sleep(choose(0.3, 1.0))
            await asyncio.gather(*starting)
            await town.await_listed("nmt", 2)
            slowest = max(slowest, time.monotonic() - began)
            gateways = [town.address("gateway"), town.address("gateway-2")]
            history = await Callers(gateways, key).steady(per_s=20, seconds=1.0)
            assert history.success == 1.0, (order, history.statuses)
            deaths = {name: town.units[name].deaths for name in order}
            assert sum(deaths.values()) == 0, deaths
    tell("R36", rounds=float(rounds), slowest_s=slowest)
