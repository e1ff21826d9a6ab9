"""Who an event is put down to."""

from uuid import UUID

import pytest
from starlette.requests import Request

from ai4v.contracts.identity import Principal
from ai4v.contracts.role import Role
from ai4v.kit.identity import InternalCaller
from ai4v.services.auth.audit.actor import get_actor

_USER = Principal(user_id=UUID(int=1), role=Role.USER)
_KEY = Principal(user_id=UUID(int=1), role=Role.USER, key_id=UUID(int=2))


def _request(caller: object, *, path: str = "/api/v1/auth/login", forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    state = {} if caller is None else {"caller": caller}
    return Request({"type": "http", "path": path, "headers": headers, "state": state})


@pytest.mark.parametrize(
    ("caller", "path", "name"),
    [
        (InternalCaller(service="gateway", principal=_USER), "/x", f"user:{UUID(int=1)}"),
        (InternalCaller(service="gateway", principal=_KEY), "/x", f"key:{UUID(int=2)}"),
        (InternalCaller(service="gateway"), "/api/v1/auth/login", "anonymous"),
        (InternalCaller(service="gateway"), "/internal/audit/refusals", "gateway"),
        (InternalCaller(service="cli"), "/internal/bootstrap", "cli"),
        (None, "/api/v1/auth/login", "anonymous"),
    ],
)
async def test_an_actor_has_a_name(caller: InternalCaller | None, path: str, name: str) -> None:
    actor = await get_actor(_request(caller, path=path), "request-1")
    assert actor.name == name
    assert actor.request_id == "request-1"
    assert actor.principal == (caller.principal if caller else None)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("", None),
        ("203.0.113.9, 10.0.0.1", None),
        ("<script>", None),
    ],
)
async def test_the_address_is_one_or_none(forwarded: str, address: str | None) -> None:
    actor = await get_actor(_request(None, forwarded=forwarded), "r")
    assert actor.address == address
