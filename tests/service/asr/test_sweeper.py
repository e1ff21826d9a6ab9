"""Requests whose instance died are marked, and only those."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import RowMapping, delete, select, update

from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journaltable import RequestStatus
from ai4v.kit.sweeper import Sweeper, SweepTimes
from ai4v.ports.registry import Instance, RegistryUnavailableError
from ai4v.services.asr.repository import ItemResult, NewRequest, RequestRepository
from ai4v.services.asr.tables import REQUESTS
from tests.service.asr.stage import make_settings, open_stage
from tests.support.poll import until

_OWN = Instance("asr", "own", "http://127.0.0.1:1")
_OTHER = Instance("asr", "other", "http://127.0.0.1:2")
_TIMES = SweepTimes(interval_s=1.0, lease_s=15.0, grace_s=30.0)


class LostRegistry(MemoryRegistry):
    async def instances(self, service: str) -> tuple[Instance, ...]:
        raise RegistryUnavailableError(f"{service} cannot be looked up")


class Bench:
    """Rows of instances, old or young, and a sweeper over them."""

    def __init__(self, database: Database, registry: MemoryRegistry) -> None:
        self.database = database
        self.requests = RequestRepository(database)
        self.registry = registry
        self.sweeper = Sweeper(self.requests, registry, _OWN, _TIMES)

    async def add(
        self, instance_id: str, *, age_s: float = 0.0, timeout_s: float = 120.0
    ) -> NewRequest:
        request = NewRequest(
            id=uuid4(),
            request_id="r",
            user_id=uuid4(),
            key_id=None,
            instance_id=instance_id,
            language="hi",
            task="transcribe",
            model_id="m",
            item_count=1,
            timeout_s=timeout_s,
        )
        await self.requests.start(request)
        await self._age(request, age_s)
        return request

    async def row(self, request: NewRequest) -> RowMapping:
        async with self.database.transaction() as session:
            statement = select(REQUESTS).where(REQUESTS.c.id == request.id)
            return (await session.execute(statement)).mappings().one()

    async def status(self, request: NewRequest) -> str:
        return str((await self.row(request))["status"])

    async def _age(self, request: NewRequest, age_s: float) -> None:
        age = timedelta(seconds=age_s)
        async with self.database.transaction() as session:
            await session.execute(
                update(REQUESTS)
                .where(REQUESTS.c.id == request.id)
                .values(
                    started_at=REQUESTS.c.started_at - age,
                    deadline_at=REQUESTS.c.deadline_at - age,
                )
            )


@pytest.fixture
async def bench(asr_url: str) -> AsyncIterator[Bench]:
    database = Database(asr_url, pool_size=1)
    async with database.transaction() as session:
        await session.execute(delete(REQUESTS))
    registry = MemoryRegistry()
    for instance in (_OWN, _OTHER):
        await registry.register(instance, lease_s=3600)
    yield Bench(database, registry)
    await database.close()


async def test_request_of_a_dead_instance_is_abandoned(bench: Bench) -> None:
    orphan = await bench.add("dead", age_s=20)
    young = await bench.add("dead", age_s=5)
    own = await bench.add("own", age_s=20)
    other = await bench.add("other", age_s=20)
    assert await bench.sweeper.sweep() == 0
    assert await bench.sweeper.sweep() == 1
    row = await bench.row(orphan)
    assert row["status"] == RequestStatus.ABANDONED
    assert isinstance(row["finished_at"], datetime)
    for alive in (young, own, other):
        assert await bench.status(alive) == RequestStatus.STARTED


async def test_instance_counts_as_alive_until_the_look_after_the_next(bench: Bench) -> None:
    request = await bench.add("other", age_s=20)
    await bench.sweeper.sweep()
    await bench.registry.deregister(_OTHER)
    assert await bench.sweeper.sweep() == 0
    assert await bench.sweeper.sweep() == 1
    assert await bench.status(request) == RequestStatus.ABANDONED


async def test_registry_that_forgot_this_instance_knows_nothing(bench: Bench) -> None:
    request = await bench.add("other", age_s=20)
    await bench.sweeper.sweep()
    for instance in (_OWN, _OTHER):
        await bench.registry.deregister(instance)
    await bench.sweeper.sweep()
    await bench.registry.register(_OWN, lease_s=3600)
    await bench.sweeper.sweep()
    assert await bench.status(request) == RequestStatus.STARTED


@pytest.mark.parametrize("instance_id", ["own", "other", "dead"])
async def test_request_long_past_its_deadline_is_abandoned_whoever_has_it(
    asr_url: str, bench: Bench, instance_id: str
) -> None:
    late = await bench.add(instance_id, age_s=60, timeout_s=20)
    in_grace = await bench.add(instance_id, age_s=30, timeout_s=20)
    sweeper = Sweeper(bench.requests, LostRegistry(), _OWN, _TIMES)
    await sweeper.sweep()
    await sweeper.sweep()
    assert await bench.status(late) == RequestStatus.ABANDONED
    assert await bench.status(in_grace) == RequestStatus.STARTED


async def test_ended_requests_are_left_alone(bench: Bench) -> None:
    request = await bench.add("dead", age_s=600)
    await bench.requests.fail(request.id, RequestStatus.FAILED, error_code="X")
    await bench.sweeper.sweep()
    await bench.sweeper.sweep()
    assert await bench.status(request) == RequestStatus.FAILED


async def test_instance_that_was_only_thought_dead_may_finish(bench: Bench) -> None:
    request = await bench.add("dead", age_s=600)
    await bench.sweeper.sweep()
    assert await bench.status(request) == RequestStatus.ABANDONED
    result = ItemResult(
        language="hi",
        audio_s=1.0,
        processing_s=0.1,
        is_silence=False,
        is_script_right=True,
        confidence=0.5,
    )
    await bench.requests.complete(request, [result])
    assert await bench.status(request) == RequestStatus.COMPLETED


async def test_running_service_sweeps(asr_url: str, bench: Bench) -> None:
    orphan = await bench.add("dead", age_s=20)

    async def is_abandoned() -> bool:
        return await bench.status(orphan) == RequestStatus.ABANDONED

    async with open_stage(make_settings(asr_url, sweep_interval_s=0.05)):
        await until(is_abandoned)
