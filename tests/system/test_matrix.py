"""Route x role of every service but auth, whole, asked past the gateway (security 1 and 3).

The routes come from the code, so a new one is tried too. That of auth, whose objects have owners,
is `tests/service/auth/test_matrix.py`.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Final
from uuid import uuid4

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute, iter_route_contexts

from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS, INTERNAL, OPEN
from ai4v.contracts.role import Role
from ai4v.kit.identity import TOKEN_HEADER
from ai4v.kit.permission import DECLARATION
from ai4v.kit.topology import load_topology
from tests.support.system import ASR, NMT, PIPELINE, TTS, Platform, open_platform, start_workers
from tools.openapi import make_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ADDRESSES: Final = {"asr": ASR, "nmt": NMT, "pipeline": PIPELINE, "tts": TTS}
_Route = tuple[str, str, str, str]
"""Service, method, path, need."""


def _routes() -> Iterator[_Route]:
    for service in load_topology().services:
        if service.name in {"auth", "gateway"}:
            continue
        for context in iter_route_contexts(make_app(service.package).router.routes):
            route = context.original_route
            if isinstance(route, APIRoute):
                need = str((route.openapi_extra or {})[DECLARATION])
                for method in sorted(context.methods or ()):
                    yield service.name, method, context.path or "", need


_ROUTES: Final = tuple(_routes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(platform_database_url: str) -> AsyncIterator[Platform]:
    async with open_platform(platform_database_url) as opened:
        await start_workers(opened)
        yield opened


async def _ask(platform: Platform, route: _Route, headers: dict[str, str]) -> tuple[int, str]:
    service, method, path, _ = route
    target = path.replace("{voice_id}", "nobody")
    body: dict[str, str] | None = {} if method == "POST" else None
    client = platform.connect(_ADDRESSES[service])
    answer = await client.request(method, target, json=body, headers=headers)
    code = "" if answer.status_code < 400 else answer.json()["detail"]["code"]
    return answer.status_code, code


@pytest.mark.parametrize("route", _ROUTES, ids=lambda route: " ".join(route[1:3]))
async def test_who_may_do_what(platform: Platform, route: _Route) -> None:
    service, *_, need = route
    for role in Role:
        permissions = FIRST_PERMISSIONS[role]
        for given in (permissions, permissions - {need}):
            principal = Principal(user_id=uuid4(), role=role, permissions=given)
            headers = platform.sign("gateway", service, principal)
            is_allowed = need == OPEN or need in given
            status, code = await _ask(platform, route, headers)
            assert (code == "AUTHORIZATION_ERROR") != is_allowed, (role, status, code)
            assert (status == 403) != is_allowed
            assert status < 500


@pytest.mark.parametrize("route", _ROUTES, ids=lambda route: " ".join(route[1:3]))
async def test_nobody_comes_in_by_saying_who_they_are(platform: Platform, route: _Route) -> None:
    need = route[3]
    forged = {"x-user-id": str(uuid4()), "x-user-role": "admin", TOKEN_HEADER: "e30.e30."}
    for headers in ({}, forged, platform.sign("gateway", "auth")):
        status, code = await _ask(platform, route, headers)
        if need == OPEN:
            assert status not in {401, 403}
        else:
            assert (status, code) == (401, "AUTHENTICATION_ERROR")


async def test_internal_paths_are_for_the_gateway_itself(platform: Platform) -> None:
    internal = [route for route in _ROUTES if route[3] == INTERNAL]
    assert internal
    for route in internal:
        assert (await _ask(platform, route, platform.sign("gateway", route[0])))[0] == 200
