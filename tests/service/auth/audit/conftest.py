"""An auth service that signs heads of its audit log, which is empty at first."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.repository import AuditRepository
from tests.service.auth.audit.ledger import as_superuser, fill, sign
from tests.service.auth.house import House, Keys, open_house
from tests.support.clock import ManualClock


@pytest.fixture
async def log(auth_database_url: str) -> AsyncIterator[AuditRepository]:
    """What reads and adds."""
    store = Database(auth_database_url)
    yield AuditRepository(store)
    await store.close()


@pytest.fixture
def head_file(tmp_path: Path) -> Path:
    """Where the service keeps its signed heads."""
    return tmp_path / "audit" / "head.jsonl"


@pytest.fixture
async def watched(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys, head_file: Path
) -> AsyncIterator[House]:
    """A service that signs heads, its log empty."""
    await as_superuser(database, "TRUNCATE auth.audit_events")
    clock = ManualClock()
    async with open_house(auth_database_url, keys, clock, audit_head_file=head_file) as house:
        yield house


@pytest.fixture
async def signed(watched: House, log: AuditRepository, keys: Keys, head_file: Path) -> House:
    """A service whose log has some events, the end of them signed."""
    await fill(log)
    await sign(log, keys, head_file)
    return watched
