"""The audit log as its readers, the gateway and the operator meet it."""

import pytest

from ai4v.contracts.audit import AuditEvent, AuditList
from ai4v.services.auth.audit.repository import AuditRepository, Filter
from tests.service.auth.audit.ledger import ROWS, fill
from tests.service.auth.house import House

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


async def test_events_are_listed_and_picked(watched: House, log: AuditRepository) -> None:
    admin = await watched.administrator()
    await fill(log)

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
    assert len((await ask(f"action=key.update&since={since}")).events) == ROWS
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
    await fill(log, 1_234)
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
