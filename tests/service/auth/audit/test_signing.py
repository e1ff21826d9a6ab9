"""When heads of the audit log are signed, and when no more."""

import json
from pathlib import Path

import asyncpg
import pytest

from ai4v.contracts.audit import Fault
from ai4v.services.auth.audit.head import HeadFile, HeadSigner
from ai4v.services.auth.audit.keeper import HeadKeeper
from ai4v.services.auth.audit.repository import AuditRepository
from tests.service.auth.audit.ledger import as_superuser, fill, truncate, verify
from tests.service.auth.house import House, Keys, open_house, private_pem
from tests.support.clock import ManualClock


async def test_heads_are_signed_at_the_end_and_go_on_from_there(
    auth_database_url: str,
    database: asyncpg.Connection,
    log: AuditRepository,
    keys: Keys,
    head_file: Path,
) -> None:
    await as_superuser(database, "TRUNCATE auth.audit_events")
    for count in (1, 2):
        async with open_house(auth_database_url, keys, ManualClock(), audit_head_file=head_file):
            await fill(log, 5)
            assert len(HeadFile(head_file).read_lines()) == count - 1
        lines = HeadFile(head_file).read_lines()
        assert [json.loads(line)["sequence"] for line in lines] == [5, 10][:count]


@pytest.mark.usefixtures("watched")
async def test_heads_are_signed_by_number_and_by_time(
    log: AuditRepository, keys: Keys, head_file: Path
) -> None:
    clock = ManualClock()
    file = HeadFile(head_file)
    keeper = HeadKeeper(log, HeadSigner(private_pem(keys.audit)), file, clock)

    async def look() -> int:
        await keeper.look()
        return len(file.read_lines())

    assert await look() == 0
    await fill(log, 99)
    assert await look() == 0
    await fill(log, 1)
    assert await look() == 1
    await fill(log, 1)
    clock.advance(59)
    assert await look() == 1
    clock.advance(1)
    assert await look() == 2
    clock.advance(600)
    assert await look() == 2


async def test_nothing_is_signed_after_the_signed_end_is_gone(
    watched: House, log: AuditRepository, database: asyncpg.Connection, keys: Keys, head_file: Path
) -> None:
    file = HeadFile(head_file)
    keeper = HeadKeeper(log, HeadSigner(private_pem(keys.audit)), file, ManualClock())
    await fill(log)
    await keeper.finish()
    await truncate(database)
    await fill(log)
    await keeper.finish()
    assert len(file.read_lines()) == 1
    assert (await verify(watched)).fault is Fault.REWRITTEN
