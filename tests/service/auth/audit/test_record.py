"""Events are kept with the change that they tell of, in one chain, whoever else writes."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.chain import Verifier
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import AuditRepository, Filter, record

_ACTOR = Actor(None, "cli", "request-1", "203.0.113.9")
_WRITERS, _EACH = 8, 12


@pytest.fixture
async def store(auth_database_url: str, database: asyncpg.Connection) -> AsyncIterator[Database]:
    """The database, its log empty."""
    await database.execute("ALTER TABLE auth.audit_events DISABLE TRIGGER USER")
    await database.execute("TRUNCATE auth.audit_events")
    await database.execute("ALTER TABLE auth.audit_events ENABLE TRIGGER USER")
    store = Database(auth_database_url, pool_size=_WRITERS)
    yield store
    await store.close()


def _entry(number: int) -> Entry:
    return Entry(Action.KEY_CREATE, f"key:{number}", after={"name": "ॐ", "b": 1, "a": [1.5, None]})


async def test_what_is_written_is_read_back_and_holds(store: Database) -> None:
    log = AuditRepository(store)
    await log.add([(_ACTOR, _entry(number)) for number in range(5)])
    [rows] = [batch async for batch in log.stream(batch=10)]
    assert Verifier().check(rows) is None
    assert [row.content.target for row in rows] == [f"key:{number}" for number in range(5)]
    assert rows[0].content.actor == "cli"
    assert rows[0].content.address == "203.0.113.9"
    assert rows[0].content.before is None
    assert rows[0].content.after == _entry(0).after


async def test_many_writers_make_one_chain_without_holes(store: Database) -> None:
    async def write(writer: int) -> None:
        for number in range(_EACH):
            async with store.transaction() as session:
                await record(session, _ACTOR, _entry(writer * 100 + number))

    await asyncio.gather(*(write(writer) for writer in range(_WRITERS)))
    verifier = Verifier()
    async for batch in AuditRepository(store).stream(batch=10):
        assert verifier.check(batch) is None
    assert verifier.end.sequence == _WRITERS * _EACH


async def test_a_change_that_is_undone_leaves_no_event_and_no_hole(store: Database) -> None:
    class _GaveUpError(Exception):
        pass

    async def give_up() -> None:
        async with store.transaction() as session:
            await record(session, _ACTOR, _entry(2))
            raise _GaveUpError

    log = AuditRepository(store)
    await log.add([(_ACTOR, _entry(1))])
    with pytest.raises(_GaveUpError):
        await give_up()
    await log.add([(_ACTOR, _entry(3))])
    rows = await log.page(Filter(), size=10, before=None)
    assert [(row.sequence, row.content.target) for row in rows] == [(2, "key:3"), (1, "key:1")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auth.audit_events SET actor = 'nobody'",
        "DELETE FROM auth.audit_events",
        "TRUNCATE auth.audit_events",
    ],
)
async def test_the_table_takes_no_change(
    store: Database, database: asyncpg.Connection, statement: str
) -> None:
    await AuditRepository(store).add([(_ACTOR, _entry(1))])
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await database.execute(statement)
