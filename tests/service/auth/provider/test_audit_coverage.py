"""Every path that changes something leaves exactly one event; one without a way to try it fails."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.mailer import MemoryMailer
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.contracts.identity import Principal
from ai4v.kit.challenge import challenge_of
from ai4v.services.auth.app import Adapters, create_app
from tests.service.auth.house import PASSWORD, Caller, House, Keys, create_key, open_http
from tests.service.auth.journey import PUBLIC_URL, RETURN_TO, VERIFIER, Browser, query_of
from tests.service.auth.post import PAGE, Post
from tests.support.clock import ManualClock
from tests.support.password import CHEAP

_AUTH: Final = "/api/v1/auth"
_CHANGES_NOTHING: Final = {"POST /internal/credentials/verify", "POST /internal/audit/verify"}
_NEW_PASSWORD: Final = "seven zebras cross a lagoon"
_ASHA: Final = {"username": "asha", "email": "asha@example.org", "password": PASSWORD}


@dataclass(frozen=True)
class Rig:
    """A service that offers everything."""

    house: House
    post: Post
    browser: Browser
    admin: Caller

    async def asha(self) -> tuple[Principal, Caller]:
        """A signed-in user."""
        principal = await self.house.user(self.admin, "asha")
        return principal, self.house.person(principal)

    async def registered(self) -> str:
        """Have somebody register; return the token of the letter."""
        answer = await self.house.gateway.ask("POST", f"{_AUTH}/register", _ASHA)
        assert answer.status_code == 202, answer.text
        return await self.post.token()

    async def linking(self) -> tuple[Caller, dict[str, str]]:
        """A user whose browser is back from a provider, and what it proves."""
        _, person = await self.asha()
        body = {"return_to": RETURN_TO, "challenge": challenge_of(VERIFIER)}
        answer = await person.ask("POST", f"{_AUTH}/me/identities/one/start", body)
        found = await self.browser.travel("one", **query_of(answer.json()["url"]))
        return person, {"ticket": found["ticket"], "verifier": VERIFIER}


@dataclass(frozen=True)
class Call:
    """The call that is counted."""

    caller: Caller
    path: str
    body: object = None


Recipe = Callable[[Rig], Awaitable[Call]]


async def _login(rig: Rig) -> Call:
    await rig.asha()
    return Call(rig.house.gateway, f"{_AUTH}/login", {"username": "asha", "password": PASSWORD})


async def _refresh(rig: Rig) -> Call:
    await rig.asha()
    token = (await rig.house.sign_in("asha", PASSWORD)).json()["refresh_token"]
    return Call(rig.house.gateway, f"{_AUTH}/refresh", {"refresh_token": token})


async def _end_session(rig: Rig) -> Call:
    principal, person = await rig.asha()
    return Call(person, f"{_AUTH}/sessions/{principal.session_id}")


async def _end_user_sessions(rig: Rig) -> Call:
    principal, _ = await rig.asha()
    return Call(rig.admin, f"{_AUTH}/users/{principal.user_id}/sessions")


async def _exchange(rig: Rig) -> Call:
    found = await rig.browser.travel("one", challenge=challenge_of(VERIFIER))
    body = {"ticket": found["ticket"], "verifier": VERIFIER}
    return Call(rig.house.gateway, f"{_AUTH}/providers/exchange", body)


async def _link(rig: Rig) -> Call:
    person, proof = await rig.linking()
    return Call(person, f"{_AUTH}/me/identities", proof)


async def _unlink(rig: Rig) -> Call:
    person, proof = await rig.linking()
    await person.ask("POST", f"{_AUTH}/me/identities", proof)
    return Call(person, f"{_AUTH}/me/identities/one")


async def _change_user(rig: Rig) -> Call:
    principal, _ = await rig.asha()
    return Call(rig.admin, f"{_AUTH}/users/{principal.user_id}", {"is_active": False})


async def _verify_email(rig: Rig) -> Call:
    return Call(rig.house.gateway, f"{_AUTH}/verify-email", {"token": await rig.registered()})


async def _resend(rig: Rig) -> Call:
    await rig.registered()
    return Call(rig.house.gateway, f"{_AUTH}/verify-email/resend", {"email": _ASHA["email"]})


async def _forget(rig: Rig) -> Call:
    token = await rig.registered()
    await rig.house.gateway.ask("POST", f"{_AUTH}/verify-email", {"token": token})
    return Call(rig.house.gateway, f"{_AUTH}/password/reset", {"account": "asha"})


async def _confirm_reset(rig: Rig) -> Call:
    call = await _forget(rig)
    await call.caller.ask("POST", call.path, call.body)
    body = {"token": await rig.post.token(2), "new_password": _NEW_PASSWORD}
    return Call(rig.house.gateway, f"{_AUTH}/password/reset/confirm", body)


async def _make_link(rig: Rig) -> Call:
    await rig.registered()
    body = {"purpose": "reset-password"}
    return Call(rig.house.operator, "/internal/users/asha/link", body)


def _by_asha(path: str, body: object = None) -> Recipe:
    async def prepare(rig: Rig) -> Call:
        return Call((await rig.asha())[1], path, body)

    return prepare


def _by(who: str, path: str, body: object = None) -> Recipe:
    async def prepare(rig: Rig) -> Call:
        return Call(rig.admin if who == "admin" else rig.house.caller(who), path, body)

    return prepare


def _of_key(end: str = "", body: object = None) -> Recipe:
    async def prepare(rig: Rig) -> Call:
        key = await create_key(rig.admin)
        return Call(rig.admin, f"{_AUTH}/keys/{key.id}{end}", body)

    return prepare


_REFUSAL: Final = {
    "at": "2026-01-01T00:00:00Z",
    "request_id": "r1",
    "address": None,
    "actor": "anonymous",
    "method": "GET",
    "route": "/api/v1/asr/models",
    "status": 401,
    "code": "AUTHENTICATION_ERROR",
}
_RECIPES: Final[dict[str, Recipe]] = {
    f"POST {_AUTH}/login": _login,
    f"POST {_AUTH}/refresh": _refresh,
    f"POST {_AUTH}/logout": _by_asha(f"{_AUTH}/logout"),
    f"POST {_AUTH}/logout/all": _by_asha(f"{_AUTH}/logout/all"),
    f"DELETE {_AUTH}/sessions/{{session_id}}": _end_session,
    f"DELETE {_AUTH}/users/{{user_id}}/sessions": _end_user_sessions,
    f"POST {_AUTH}/providers/exchange": _exchange,
    f"POST {_AUTH}/me/identities": _link,
    f"POST {_AUTH}/me/identities/{{name}}/start": _by_asha(
        f"{_AUTH}/me/identities/one/start",
        {"return_to": RETURN_TO, "challenge": challenge_of(VERIFIER)},
    ),
    f"DELETE {_AUTH}/me/identities/{{name}}": _unlink,
    f"PATCH {_AUTH}/me": _by_asha(
        f"{_AUTH}/me", {"email": "new@example.org", "current_password": PASSWORD}
    ),
    f"POST {_AUTH}/password": _by_asha(
        f"{_AUTH}/password", {"current_password": PASSWORD, "new_password": _NEW_PASSWORD}
    ),
    f"POST {_AUTH}/me/deactivate": _by_asha(
        f"{_AUTH}/me/deactivate", {"current_password": PASSWORD}
    ),
    f"POST {_AUTH}/users": _by(
        "admin", f"{_AUTH}/users", {"username": "ravi", "password": PASSWORD}
    ),
    f"PATCH {_AUTH}/users/{{user_id}}": _change_user,
    f"POST {_AUTH}/register": _by("gateway", f"{_AUTH}/register", _ASHA),
    f"POST {_AUTH}/verify-email": _verify_email,
    f"POST {_AUTH}/verify-email/resend": _resend,
    f"POST {_AUTH}/password/reset": _forget,
    f"POST {_AUTH}/password/reset/confirm": _confirm_reset,
    "POST /internal/users/{username}/link": _make_link,
    f"POST {_AUTH}/keys": _by("admin", f"{_AUTH}/keys", {"name": "x"}),
    f"PATCH {_AUTH}/keys/{{key_id}}": _of_key(body={"name": "y"}),
    f"DELETE {_AUTH}/keys/{{key_id}}": _of_key(),
    f"POST {_AUTH}/keys/{{key_id}}/rotate": _of_key("/rotate", {}),
    f"PUT {_AUTH}/roles/{{role}}": _by(
        "admin", f"{_AUTH}/roles/guest", {"permissions": ["asr:read", "account:self"]}
    ),
    "POST /internal/audit/refusals": _by(
        "gateway", "/internal/audit/refusals", {"refusals": [_REFUSAL]}
    ),
    "POST /internal/bootstrap": _by("cli", "/internal/bootstrap"),
    "POST /internal/administrator/reset": _by("cli", "/internal/administrator/reset"),
    "POST /internal/signing-keys/reload": _by("cli", "/internal/signing-keys/reload"),
}


@pytest.fixture
def mailer() -> MemoryMailer:
    return MemoryMailer()


@pytest.fixture
def app(
    auth_database_url: str,
    keys: Keys,
    clock: ManualClock,
    providers: tuple[dict[str, object], ...],
    mailer: MemoryMailer,
) -> FastAPI:
    """The service with everything that it can do."""
    changes = {
        "providers": SecretStr(json.dumps(providers)),
        "public_url": PUBLIC_URL,
        "return_urls": (RETURN_TO,),
        "allows_loopback_providers": True,
        "registration": "open",
        "page_url": PAGE,
    }
    settings = keys.settings(auth_database_url).model_copy(update=changes)
    limiter = MemoryRateLimiter(clock)
    adapters = Adapters(MemoryCache(clock), limiter, MemoryRegistry(clock), clock, mailer, CHEAP)
    return create_app(settings, adapters=adapters)


@pytest.fixture
async def open_rig(
    app: FastAPI,
    keys: Keys,
    clock: ManualClock,
    database: asyncpg.Connection,
    mailer: MemoryMailer,
) -> AsyncIterator[House]:
    """The service, without users."""
    assert not database.is_closed()
    async with open_http(app) as http:
        yield House(http, MemoryCache(clock), clock, keys)


def _mutating(app: FastAPI) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if method not in {"get", "head", "options", "parameters"}
    }


def test_every_path_that_changes_something_is_tried(app: FastAPI) -> None:
    assert _mutating(app) == set(_RECIPES) | _CHANGES_NOTHING


@pytest.mark.parametrize("route", _RECIPES)
async def test_a_change_leaves_exactly_one_event(
    open_rig: House, mailer: MemoryMailer, database: asyncpg.Connection, route: str
) -> None:
    house = open_rig
    post, browser = Post(house, mailer), Browser(house)
    is_first = route == "POST /internal/bootstrap"
    admin = house.operator if is_first else await house.administrator()
    call = await _RECIPES[route](Rig(house, post, browser, admin))
    before = await database.fetchval("SELECT count(*) FROM auth.audit_events")
    answer = await call.caller.ask(route.partition(" ")[0], call.path, call.body)
    assert answer.is_success, answer.text
    events = await database.fetch(
        "SELECT * FROM auth.audit_events ORDER BY sequence OFFSET $1", before
    )
    assert len(events) == 1, [event["action"] for event in events]
    if route != "POST /internal/audit/refusals":
        assert events[0]["outcome"] == "done"
        assert events[0]["request_id"] == answer.headers["x-request-id"]
