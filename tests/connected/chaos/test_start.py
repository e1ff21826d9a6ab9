"""R36: whatever starts first, and however late, all end up well."""

import asyncio
import os
import random
import sys
import time

import asyncpg
import pytest

from tests.support.chaos.figure import tell
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = pytest.mark.connected

_LATE_S = choose(2.0, 10.0)
"""How much later than all others one of them starts, each in a round of its own."""


async def test_r36_order_of_the_start_does_not_matter() -> None:
    dice = random.Random(choose_seed())  # noqa: S311 - no secret
    slowest_s = 0.0
    rounds = choose(3, 20)
    async with open_town({"gateway": 2, "nmt": 2}) as town:
        _, key = await town.make_key(await town.sign_in())
        everyone = dice.sample([*town.units], len(town.units))
        for number in range(rounds):
            order = dice.sample(everyone, len(everyone))
            await _stop(town)
            began = time.monotonic()
            await _start(town, order, late=everyone[number : number + 1])
            await town.await_listed("nmt", 2)
            await town.await_listed("auth", 1)
            slowest_s = max(slowest_s, time.monotonic() - began)
            gateways = [town.address("gateway"), town.address("gateway-2")]
            history = await Callers(gateways, key).steady(per_s=20, seconds=1.0)
            assert history.success == 1.0, (order, history.statuses)
            deaths = {name: town.units[name].deaths for name in order}
            assert sum(deaths.values()) == 0, deaths
    tell("R36", rounds=float(rounds), slowest_s=slowest_s)


async def _stop(town: Town) -> None:
    """Stop all, the stores last."""
    others = [unit for name, unit in town.units.items() if name not in town.stores]
    await asyncio.gather(*(unit.stop() for unit in others))
    await asyncio.gather(*(town.units[name].stop() for name in town.stores))


async def _start(town: Town, order: list[str], late: list[str]) -> None:
    """Start one after another, and who is late when the others have long been waiting for it."""
    async with asyncio.TaskGroup() as group:
        for name in sorted(order, key=lambda name: name in late):
            await asyncio.sleep(_LATE_S if name in late else 0.3)
            group.create_task(town.start(name))


async def test_r36_migrations_are_applied_once(database_url: str) -> None:
    command = (sys.executable, "-m", "ai4v.cli.main", "migrate")
    environment = {**os.environ, "AI4V_DATABASE_URL": database_url}  # noqa: TID251 - handed on
    processes = [
        await asyncio.create_subprocess_exec(
            *command, env=environment, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(choose(2, 4))
    ]
    said = await asyncio.gather(*(process.communicate() for process in processes))
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    schemas = await connection.fetch(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = 'alembic_version'"
    )
    versions = [
        await connection.fetch(f"SELECT version_num FROM {row[0]}.alembic_version")  # noqa: S608 - schemas of our own
        for row in schemas
    ]
    await connection.close()
    tell("R36 migrations", processes=float(len(processes)), schemas=float(len(schemas)))
    assert [process.returncode for process in processes] == [0] * len(processes), said
    assert schemas
    assert {len(found) for found in versions} == {1}
