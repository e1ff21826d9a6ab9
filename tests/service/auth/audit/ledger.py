"""What tests do to the audit log: fill it, sign it, spoil it, have it verified."""

from pathlib import Path
from typing import Final

import asyncpg

from ai4v.contracts.audit import Verdict
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.head import HeadFile, HeadSigner
from ai4v.services.auth.audit.keeper import HeadKeeper
from ai4v.services.auth.audit.repository import AuditRepository
from tests.service.auth.house import House, Keys, private_pem
from tests.support.clock import ManualClock

_ACTOR: Final = Actor(None, "user:1", "request-1", "203.0.113.9")
ROWS: Final = 12


async def as_superuser(database: asyncpg.Connection, *statements: str) -> None:
    """Do what the table's trigger would refuse."""
    await database.execute("ALTER TABLE auth.audit_events DISABLE TRIGGER USER")
    for statement in statements:
        await database.execute(statement)
    await database.execute("ALTER TABLE auth.audit_events ENABLE TRIGGER USER")


async def fill(log: AuditRepository, count: int = ROWS) -> None:
    """Add so many events."""
    events = [
        (_ACTOR, Entry(Action.KEY_UPDATE, f"key:{number}", after={"name": "ॐ", "number": number}))
        for number in range(count)
    ]
    await log.add(events)


async def sign(log: AuditRepository, keys: Keys, head_file: Path) -> None:
    """Sign the end."""
    signer = HeadSigner(private_pem(keys.audit))
    keeper = HeadKeeper(log, signer, HeadFile(head_file), ManualClock())
    await keeper.finish()


async def verify(house: House, body: object = None) -> Verdict:
    """Verify as the operator does."""
    answer = await house.operator.ask("POST", "/internal/audit/verify", body or {})
    assert answer.status_code == 200, answer.text
    return Verdict.model_validate_json(answer.content)


async def flip_actor(database: asyncpg.Connection) -> None:
    """Put the fifth event down to somebody else."""
    await as_superuser(database, "UPDATE auth.audit_events SET actor = 'user:2' WHERE sequence = 5")


async def truncate(database: asyncpg.Connection) -> None:
    """Take the end away from the ninth event on."""
    await as_superuser(database, "DELETE FROM auth.audit_events WHERE sequence > 8")
