"""Whatever a superuser of the database does to the audit log is found."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from ai4v.contracts.audit import Fault
from ai4v.services.auth.audit.chain import Link, chain
from ai4v.services.auth.audit.head import HeadFile
from ai4v.services.auth.audit.repository import AuditRepository, Filter
from tests.service.auth.audit.ledger import ROWS, as_superuser, flip_actor, truncate, verify
from tests.service.auth.house import House

Tamper = Callable[[asyncpg.Connection], Awaitable[object]]


async def test_a_log_that_nobody_touched_is_good(signed: House) -> None:
    verdict = await verify(signed)
    assert verdict.is_good
    assert (verdict.rows, verdict.heads) == (ROWS, 1)


async def _flip(database: asyncpg.Connection) -> None:
    await as_superuser(
        database,
        """UPDATE auth.audit_events SET after = '{"name":"x","number":4}' WHERE sequence = 5""",
    )


async def _delete(database: asyncpg.Connection) -> None:
    await as_superuser(database, "DELETE FROM auth.audit_events WHERE sequence = 5")


async def _reorder(database: asyncpg.Connection) -> None:
    await as_superuser(
        database,
        "UPDATE auth.audit_events SET sequence = 99 WHERE sequence = 5",
        "UPDATE auth.audit_events SET sequence = 5 WHERE sequence = 6",
        "UPDATE auth.audit_events SET sequence = 6 WHERE sequence = 99",
    )


async def _empty(database: asyncpg.Connection) -> None:
    await as_superuser(database, "TRUNCATE auth.audit_events")


async def _put_before(database: asyncpg.Connection) -> None:
    await as_superuser(
        database,
        "INSERT INTO auth.audit_events SELECT 0, at, action, outcome, actor, target, before,"
        " after, request_id, address, previous_hash, hash FROM auth.audit_events"
        " WHERE sequence = 1",
    )


@pytest.mark.parametrize(
    ("tamper", "sequence", "fault"),
    [
        (_flip, 5, Fault.CHANGED),
        (flip_actor, 5, Fault.CHANGED),
        (_delete, 5, Fault.DELETED),
        (_reorder, 5, Fault.REORDERED),
        (truncate, 9, Fault.TRUNCATED),
        (_empty, 1, Fault.TRUNCATED),
        (_put_before, 1, Fault.REORDERED),
    ],
)
async def test_what_a_superuser_does_is_found(
    signed: House, database: asyncpg.Connection, tamper: Tamper, sequence: int, fault: Fault
) -> None:
    await tamper(database)
    verdict = await verify(signed)
    assert (verdict.bad_sequence, verdict.fault) == (sequence, fault)


async def test_a_chain_made_anew_is_found(
    signed: House, log: AuditRepository, database: asyncpg.Connection
) -> None:
    await flip_actor(database)
    rows = list(reversed(await log.page(Filter(), size=100, before=None)))
    end = Link(4, rows[3].hash)
    statements = []
    for row in rows[4:]:
        made = chain(end, row.content)
        statements.append(
            f"UPDATE auth.audit_events SET previous_hash = '{made.previous_hash}',"  # noqa: S608 - our own words
            f" hash = '{made.hash}' WHERE sequence = {made.sequence}"
        )
        end = Link(made.sequence, made.hash)
    await as_superuser(database, *statements)
    verdict = await verify(signed)
    assert (verdict.bad_sequence, verdict.fault) == (ROWS, Fault.REWRITTEN)


async def test_a_copy_of_the_heads_kept_elsewhere_counts(
    signed: House, database: asyncpg.Connection, head_file: Path
) -> None:
    copy = HeadFile(head_file).read_lines()
    await asyncio.to_thread(head_file.unlink)
    await truncate(database)
    assert (await verify(signed)).is_good
    assert (await verify(signed, {"heads": copy})).fault is Fault.TRUNCATED
    forged = [copy[0].replace('"sequence":12', '"sequence":8')]
    verdict = await verify(signed, {"heads": forged})
    assert verdict.forged_heads == 1
    assert not verdict.is_good
