"""Route × role × owner, whole: what each may do is what its route declares, and nothing else.

The routes come from the code: a new one is tried too, and one with an object that this test does
not know fails. Security 1 (objects), 3 (functions) and 4 (properties).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS, INTERNAL, OPEN, USING, Permission
from ai4v.contracts.role import Role
from ai4v.kit.permission import DECLARATION
from tests.service.auth.house import Caller, House, create_key
from tools.openapi import make_app


@dataclass(frozen=True)
class Route:
    """One path and method of the service."""

    method: str
    path: str
    need: str

    def __str__(self) -> str:
        """Name it in the report of the tests."""
        return f"{self.method} {self.path}"


def _routes() -> Iterator[Route]:
    for context in iter_route_contexts(make_app("ai4v.services.auth").router.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            need = (route.openapi_extra or {})[DECLARATION]
            for method in sorted(context.methods or ()):
                yield Route(method, context.path or "", need)


ROUTES: Final = tuple(_routes())
_KEYS: Final = "/api/v1/auth/keys/{key_id}"
_OWNED: Final = {
    f"GET {_KEYS}": Permission.KEY_MANAGE_ANY,
    f"PATCH {_KEYS}": Permission.KEY_MANAGE_ANY,
    f"DELETE {_KEYS}": Permission.KEY_MANAGE_ANY,
    f"POST {_KEYS}/rotate": None,
    "DELETE /api/v1/auth/sessions/{session_id}": None,
}
"""Routes to an object that has an owner, and what lets others at it; None: nothing."""
_BODIES: Final = {
    f"PATCH {_KEYS}": {"name": "another"},
    "PATCH /api/v1/auth/users/{user_id}": {"is_active": False},
}
_CALLERS: Final = ("nobody", "key", *Role)


async def _insert_user(database: asyncpg.Connection, role: Role) -> UUID:
    user_id = uuid4()
    await database.execute(
        "INSERT INTO auth.users (id, username, role, is_active, created_at)"
        " VALUES ($1, $2, $3, true, now())",
        user_id,
        f"{role}-{user_id.hex}"[:64],
        role,
    )
    return user_id


async def _insert_session(database: asyncpg.Connection, user_id: UUID) -> UUID:
    session_id = uuid4()
    await database.execute(
        "INSERT INTO auth.sessions (id, user_id, expires_at, method, created_at, last_used_at)"
        " VALUES ($1, $2, $3, 'password', now(), now())",
        session_id,
        user_id,
        datetime.now(UTC) + timedelta(days=3650),
    )
    return session_id


async def _principal(database: asyncpg.Connection, who: str) -> Principal:
    role = Role.USER if who == "key" else Role(who)
    user_id = await _insert_user(database, role)
    if who == "key":
        return Principal(user_id=user_id, role=role, permissions=USING, key_id=uuid4())
    return Principal(
        user_id=user_id,
        role=role,
        permissions=FIRST_PERMISSIONS[role],
        session_id=await _insert_session(database, user_id),
    )


async def _fill(
    house: House, database: asyncpg.Connection, route: Route, owner: Role = Role.USER
) -> str:
    """Return the route's path to objects of somebody else."""
    victim = await _principal(database, owner)
    objects = {
        "user_id": victim.user_id,
        "username": "nobody",
        "session_id": await _insert_session(database, victim.user_id),
        "role": Role.GUEST,
        "name": "no-provider",
    }
    if "{key_id}" in route.path:
        objects["key_id"] = (await create_key(house.person(victim))).id
    return route.path.format(**objects)


async def _ask(caller: Caller, route: Route, path: str) -> httpx2.Response:
    body = _BODIES.get(str(route), {}) if route.method in {"POST", "PUT", "PATCH"} else None
    return await caller.ask(route.method, path, body)


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_who_may_do_what(house: House, database: asyncpg.Connection, route: Route) -> None:
    for who in _CALLERS:
        principal = None if who == "nobody" else await _principal(database, who)
        caller = house.person(principal) if principal else house.stranger()
        answer = await _ask(caller, route, await _fill(house, database, route))
        code = "" if answer.is_success else answer.json()["detail"]["code"]
        allowed = _allowed(route, principal)
        assert (answer.status_code, code) in allowed, f"{who}: {answer.text}"


def _allowed(route: Route, principal: Principal | None) -> set[tuple[int, str]]:
    """Return what may be answered."""
    done = {(200, ""), (201, ""), (202, ""), (204, "")}
    done |= {(404, "NOT_FOUND"), (422, "VALIDATION_ERROR")}
    refused = {(403, "AUTHORIZATION_ERROR")}
    if route.need == OPEN:
        return done
    if route.need == INTERNAL:
        # The gateway that asks for itself, of whom some paths are, has no principal either.
        return refused | done if principal is None else refused
    if principal is None:
        return {(401, "AUTHENTICATION_ERROR")}
    if route.need not in principal.permissions:
        return refused
    if str(route) in _OWNED and _OWNED[str(route)] not in principal.permissions:
        return {(404, "NOT_FOUND")}
    return done


@pytest.mark.parametrize("route", [route for route in ROUTES if str(route) in _OWNED], ids=str)
async def test_somebody_elses_object_is_as_one_that_is_not_there(
    house: House, database: asyncpg.Connection, route: Route
) -> None:
    caller = house.person(await _principal(database, Role.USER))
    foreign = await _ask(caller, route, await _fill(house, database, route))
    missing = await _ask(caller, route, route.path.format(key_id=uuid4(), session_id=uuid4()))
    details = [answer.json()["detail"] for answer in (foreign, missing)]
    assert [(detail["code"], detail["message"]) for detail in details] == [
        (details[0]["code"], details[0]["message"])
    ] * 2
    assert foreign.status_code == missing.status_code == 404


_USER: Final = "/api/v1/auth/users/{user_id}"
_RANKED: Final = {
    f"PATCH {_KEYS}": 403,
    f"DELETE {_KEYS}": 403,
    f"POST {_KEYS}/rotate": 404,
    f"PATCH {_USER}": 403,
    f"DELETE {_USER}/sessions": 403,
}
"""Routes that change what is somebody else's, and what they answer who may do less."""


@pytest.mark.parametrize("route", [route for route in ROUTES if str(route) in _RANKED], ids=str)
async def test_nobody_changes_what_is_of_who_may_do_more(
    house: House, database: asyncpg.Connection, route: Route
) -> None:
    plain = await _principal(database, Role.MODERATOR)
    # Whatever somebody was given of managing, they stay below who may do everything.
    may = {"permissions": plain.permissions | {Permission.USER_MANAGE}}
    moderator = house.person(plain.model_copy(update=may))
    administrator = house.person(await _principal(database, Role.ADMIN))
    refused = {_RANKED[str(route)]}
    done = {200, 204} if refused == {403} else refused
    for caller, owner, expected in (
        (moderator, Role.ADMIN, refused),
        (moderator, Role.MODERATOR, done),
        (moderator, Role.USER, done),
        (administrator, Role.ADMIN, done),
    ):
        answer = await _ask(caller, route, await _fill(house, database, route, owner))
        assert answer.status_code in expected, (owner, answer.text)


def test_every_object_with_an_owner_is_known_here() -> None:
    own = {f"{route}" for route in ROUTES if "{key_id}" in route.path or "session_id" in route.path}
    assert own == set(_OWNED)


def _forms() -> Iterator[tuple[Route, str]]:
    """Yield the routes that take JSON, and the name of what they take."""
    paths = make_app("ai4v.services.auth").openapi()["paths"]
    for route in ROUTES:
        content = paths[route.path][route.method.lower()].get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield route, content["application/json"]["schema"]["$ref"].rpartition("/")[2]


_FORMS: Final = tuple(_forms())
_SMUGGLED: Final = {
    "is_admin": True,
    "owner_id": str(UUID(int=1)),
    "user_id": str(UUID(int=1)),
    "tenant_id": "x",
    "key_hash": "0" * 64,
    "password_hash": "x",
    "created_at": "2020-01-01T00:00:00Z",
}


@pytest.mark.parametrize(("route", "form"), _FORMS, ids=str)
async def test_nothing_is_assigned_that_is_not_offered(
    house: House, database: asyncpg.Connection, route: Route, form: str
) -> None:
    schema = make_app("ai4v.services.auth").openapi()["components"]["schemas"][form]
    assert schema["additionalProperties"] is False
    assert not _SMUGGLED.keys() & schema["properties"].keys()
    everything = Principal(
        user_id=await _insert_user(database, Role.ADMIN),
        role=Role.ADMIN,
        permissions=frozenset(Permission),
    )
    if route.need == INTERNAL:
        callers = [house.gateway, house.operator]
    else:
        callers = [house.person(everything)]
    path = await _fill(house, database, route)
    smuggled = {"role": "admin", "permissions": ["user:manage"], **_SMUGGLED}
    for name in smuggled.keys() - schema["properties"].keys():
        answers = [
            await caller.ask(route.method, path, {name: smuggled[name]}) for caller in callers
        ]
        refusal = next(answer for answer in answers if answer.status_code != 403)
        assert refusal.status_code == 422, refusal.text
        assert name in [error["path"] for error in refusal.json()["detail"]["errors"]]
