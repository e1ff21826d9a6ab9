"""The audit log as its readers, the gateway and the operator meet it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from ai4v.contracts.audit import AuditEvent, AuditList, Fault, Verdict
from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.chain import Link, chain
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.head import HeadFile, HeadSigner
from ai4v.services.auth.audit.keeper import HeadKeeper
from ai4v.services.auth.audit.repository import AuditRepository, Filter
from tests.service.auth.house import House, Keys, open_house, private_pem
from tests.support.clock import ManualClock

_ACTOR = Actor(None, "user:1", "request-1", "203.0.113.9")
_REFUSAL = {
    "at": "2026-01-01T00:00:00Z",
    "request_id": "r1",
    "address": "198.51.100.7",
    "actor": "anonymous",
    "method": "GET",
    "route": "/api/v1/asr/models",
    "status": 401,
    "code": "AUTHENTICATION_ERROR",
}
_ROWS = 12
Tamper = Callable[[asyncpg.Connection], Awaitable[object]]


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
    await _as_superuser(database, "TRUNCATE auth.audit_events")
    clock = ManualClock()
    async with open_house(auth_database_url, keys, clock, audit_head_file=head_file) as house:
        yield house


async def _as_superuser(database: asyncpg.Connection, *statements: str) -> None:
    await database.execute("ALTER TABLE auth.audit_events DISABLE TRIGGER USER")
    for statement in statements:
        await database.execute(statement)
    await database.execute("ALTER TABLE auth.audit_events ENABLE TRIGGER USER")


async def _fill(log: AuditRepository, count: int = _ROWS) -> None:
    events = [
        (_ACTOR, Entry(Action.KEY_UPDATE, f"key:{number}", after={"name": "ॐ", "number": number}))
        for number in range(count)
    ]
    await log.add(events)


async def _sign(log: AuditRepository, keys: Keys, head_file: Path) -> None:
    signer = HeadSigner(private_pem(keys.audit))
    keeper = HeadKeeper(log, signer, HeadFile(head_file), ManualClock())
    await keeper.finish()


async def _verify(house: House, body: object = None) -> Verdict:
    answer = await house.operator.ask("POST", "/internal/audit/verify", body or {})
    assert answer.status_code == 200, answer.text
    return Verdict.model_validate_json(answer.content)


@pytest.fixture
async def signed(watched: House, log: AuditRepository, keys: Keys, head_file: Path) -> House:
    """A service whose log has some events, the end of them signed."""
    await _fill(log)
    await _sign(log, keys, head_file)
    return watched


async def test_a_log_that_nobody_touched_is_good(signed: House) -> None:
    verdict = await _verify(signed)
    assert verdict.is_good
    assert (verdict.rows, verdict.heads) == (_ROWS, 1)


async def _flip(database: asyncpg.Connection) -> None:
    await _as_superuser(
        database,
        """UPDATE auth.audit_events SET after = '{"name":"x","number":4}' WHERE sequence = 5""",
    )


async def _flip_actor(database: asyncpg.Connection) -> None:
    await _as_superuser(
        database, "UPDATE auth.audit_events SET actor = 'user:2' WHERE sequence = 5"
    )


async def _delete(database: asyncpg.Connection) -> None:
    await _as_superuser(database, "DELETE FROM auth.audit_events WHERE sequence = 5")


async def _reorder(database: asyncpg.Connection) -> None:
    await _as_superuser(
        database,
        "UPDATE auth.audit_events SET sequence = 99 WHERE sequence = 5",
        "UPDATE auth.audit_events SET sequence = 5 WHERE sequence = 6",
        "UPDATE auth.audit_events SET sequence = 6 WHERE sequence = 99",
    )


async def _truncate(database: asyncpg.Connection) -> None:
    await _as_superuser(database, "DELETE FROM auth.audit_events WHERE sequence > 8")


async def _empty(database: asyncpg.Connection) -> None:
    await _as_superuser(database, "TRUNCATE auth.audit_events")


async def _put_before(database: asyncpg.Connection) -> None:
    await _as_superuser(
        database,
        "INSERT INTO auth.audit_events SELECT 0, at, action, outcome, actor, target, before,"
        " after, request_id, address, previous_hash, hash FROM auth.audit_events"
        " WHERE sequence = 1",
    )


@pytest.mark.parametrize(
    ("tamper", "sequence", "fault"),
    [
        (_flip, 5, Fault.CHANGED),
        (_flip_actor, 5, Fault.CHANGED),
        (_delete, 5, Fault.DELETED),
        (_reorder, 5, Fault.REORDERED),
        (_truncate, 9, Fault.TRUNCATED),
        (_empty, 1, Fault.TRUNCATED),
        (_put_before, 1, Fault.REORDERED),
    ],
)
async def test_what_a_superuser_does_is_found(
    signed: House, database: asyncpg.Connection, tamper: Tamper, sequence: int, fault: Fault
) -> None:
    await tamper(database)
    verdict = await _verify(signed)
    assert (verdict.bad_sequence, verdict.fault) == (sequence, fault)


async def test_a_chain_made_anew_is_found(
    signed: House, log: AuditRepository, database: asyncpg.Connection
) -> None:
    await _flip_actor(database)
    rows = list(reversed(await log.page(Filter(), size=100, before=None)))
    end = Link(4, rows[3].hash)
    statements = []
    for row in rows[4:]:
        made = chain(end, row.content)
        statements.append(
            f"UPDATE auth.audit_events SET previous_hash = '{made.previous_hash}',"  # noqa: S608 - ours
            f" hash = '{made.hash}' WHERE sequence = {made.sequence}"
        )
        end = Link(made.sequence, made.hash)
    await _as_superuser(database, *statements)
    verdict = await _verify(signed)
    assert (verdict.bad_sequence, verdict.fault) == (_ROWS, Fault.REWRITTEN)


async def test_a_copy_of_the_heads_kept_elsewhere_counts(
    signed: House, database: asyncpg.Connection, head_file: Path
) -> None:
    copy = HeadFile(head_file).read_lines()
    await asyncio.to_thread(head_file.unlink)
    await _truncate(database)
    assert (await _verify(signed)).is_good
    assert (await _verify(signed, {"heads": copy})).fault is Fault.TRUNCATED
    forged = [copy[0].replace('"sequence":12', '"sequence":8')]
    verdict = await _verify(signed, {"heads": forged})
    assert verdict.forged_heads == 1
    assert not verdict.is_good


async def test_heads_are_signed_at_the_end_and_go_on_from_there(
    auth_database_url: str,
    database: asyncpg.Connection,
    log: AuditRepository,
    keys: Keys,
    head_file: Path,
) -> None:
    await _as_superuser(database, "TRUNCATE auth.audit_events")
    for count in (1, 2):
        async with open_house(auth_database_url, keys, ManualClock(), audit_head_file=head_file):
            await _fill(log, 5)
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
    await _fill(log, 99)
    assert await look() == 0
    await _fill(log, 1)
    assert await look() == 1
    await _fill(log, 1)
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
    await _fill(log)
    await keeper.finish()
    await _truncate(database)
    await _fill(log)
    await keeper.finish()
    assert len(file.read_lines()) == 1
    assert (await _verify(watched)).fault is Fault.REWRITTEN


async def test_events_are_listed_and_picked(watched: House, log: AuditRepository) -> None:
    admin = await watched.administrator()
    await _fill(log)

    async def ask(query: str) -> AuditList:
        answer = await admin.ask("GET", f"/api/v1/auth/audit?{query}")
        assert answer.status_code == 200, answer.text
        return AuditList.model_validate_json(answer.content)

    page = await ask("actor=user:1&limit=5")
    assert [event.target for event in page.events] == [f"key:{n}" for n in (11, 10, 9, 8, 7)]
    rest = await ask(f"actor=user:1&limit=100&before={page.next_before}")
    assert [event.target for event in rest.events] == [f"key:{n}" for n in range(6, -1, -1)]
    assert rest.next_before is None
    [event] = (await ask("target=key:3")).events
    assert (event.action, event.after) == ("key.update", {"name": "ॐ", "number": 3})
    since = event.at.isoformat().replace("+00:00", "Z")
    assert len((await ask(f"action=key.update&since={since}")).events) == _ROWS
    assert (await ask(f"action=key.update&until={since}")).events == ()


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "before=0", "before=x", f"before={2**63}", "actor=%00"),
        *("actor=", "action=no.such", "since=2026-01-01T00:00:00", "until=soon", "other=1"),
        f"target={'x' * 257}",
    ],
)
async def test_a_strange_question_is_refused(house: House, query: str) -> None:
    admin = await house.administrator()
    assert (await admin.ask("GET", f"/api/v1/auth/audit?{query}")).status_code == 422


async def test_users_do_not_read_the_log(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    assert (await user.ask("GET", "/api/v1/auth/audit")).status_code == 403
    assert (await house.gateway.ask("GET", "/api/v1/auth/audit")).status_code == 401
    for method, path in (
        ("POST", "/internal/audit/verify"),
        ("GET", "/internal/audit/events"),
        ("POST", "/internal/audit/refusals"),
    ):
        assert (await admin.ask(method, path, {})).status_code == 403


async def test_all_of_it_is_exported_in_order(watched: House, log: AuditRepository) -> None:
    await _fill(log, 1_234)
    answer = await watched.operator.ask("GET", "/internal/audit/events")
    events = [AuditEvent.model_validate_json(line) for line in answer.text.splitlines()]
    assert [event.sequence for event in events] == list(range(1, 1_235))
    assert [row.previous_hash for row in events[1:]] == [row.hash for row in events[:-1]]


async def test_what_the_gateway_refused_is_in_the_log(watched: House, log: AuditRepository) -> None:
    body = {"refusals": [_REFUSAL] * 100}
    answer = await watched.gateway.ask("POST", "/internal/audit/refusals", body)
    assert answer.status_code == 204
    rows = await log.page(Filter(), size=200, before=None)
    assert len(rows) == 60
    assert rows[0].content.target == "route:GET /api/v1/asr/models"
    assert rows[0].content.address == "198.51.100.7"
    assert rows[0].content.outcome == "refused"


@pytest.mark.parametrize(
    "body",
    [
        {"refusals": []},
        {"refusals": [_REFUSAL] * 101},
        {"refusals": [{**_REFUSAL, "status": 200}]},
        {"refusals": [{**_REFUSAL, "authorization": "x"}]},
        {"refusals": [{**_REFUSAL, "route": "x" * 257}]},
    ],
)
async def test_batches_of_refusals_are_bounded(house: House, body: object) -> None:
    answer = await house.gateway.ask("POST", "/internal/audit/refusals", body)
    assert answer.status_code == 422


async def test_what_this_service_refuses_is_in_the_log(
    watched: House, log: AuditRepository
) -> None:
    admin = await watched.administrator()
    asha = await watched.user(admin, "asha")
    end = (await log.end()).sequence
    person = watched.person(asha)
    assert (await person.ask("GET", "/api/v1/auth/users")).status_code == 403
    assert (await watched.sign_in("asha", "another password")).status_code == 401
    assert (await watched.check("a4v_x")).status_code == 401
    rows = [row for row in await log.page(Filter(), size=100, before=None) if row.sequence > end]
    assert [(row.content.actor, row.content.target) for row in reversed(rows)] == [
        (asha.subject, "route:GET /api/v1/auth/users"),
        ("anonymous", "route:POST /api/v1/auth/login"),
    ]
    assert all(row.content.outcome == "refused" for row in rows)
