"""Requests made up from the OpenAPI documents of all services: none is a server's error.

Security 4, 34: what is refused says so in the one error body, and nothing of how we are made.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import JsonValue
from schemathesis.core.result import Ok

from tests.support.system import GATEWAY, Platform, open_platform, start_workers

_EXAMPLES = 12
_TELLING = re.compile(r"Traceback|File \"|sqlalchemy|asyncpg|SELECT |/site-packages/|psycopg")
_UNLIMITED = {
    "per_minute": 1_000_000,
    "per_hour": 1_000_000,
    "per_day": 1_000_000,
    "audio_s_per_day": 1_000_000_000,
    "characters_per_day": 1_000_000_000,
}


class House:
    """The platform, driven from tests that are not coroutines."""

    def __init__(self, runner: asyncio.Runner, platform: Platform, token: str) -> None:
        self._runner = runner
        self._platform = platform
        self._token = token

    def document(self) -> dict[str, JsonValue]:
        answer = self._runner.run(self._platform.client.get("/openapi.json"))
        document: dict[str, JsonValue] = answer.json()
        return document

    def build(self, case: schemathesis.Case[Any]) -> httpx2.Request:
        parts = case.as_transport_kwargs(base_url=GATEWAY)
        kept = {name: parts[name] for name in ("json", "params") if parts.get(name)}
        if isinstance(body := parts.get("data"), (bytes, str)) and body:
            kept["content"] = body
        headers = {"authorization": f"Bearer {self._token}", **(parts.get("headers") or {})}
        client = self._platform.client
        return client.build_request(parts["method"], parts["url"], headers=headers, **kept)

    def send(self, request: httpx2.Request) -> httpx2.Response:
        self._platform.clock.advance(1)
        return self._runner.run(self._platform.client.send(request))


@pytest.fixture(scope="module")
def house(platform_database_url: str) -> Iterator[House]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        platform = runner.run(stack.enter_async_context(open_platform(platform_database_url)))
        runner.run(start_workers(platform))
        first_run = runner.run(platform.bootstrap())
        login = {"username": first_run.username, "password": first_run.password}
        answer = runner.run(platform.client.post("/api/v1/auth/login", json=login))
        yield House(runner, platform, answer.json()["access_token"])
        runner.run(stack.aclose())


def test_no_made_up_request_is_a_server_error(house: House) -> None:
    schema = schemathesis.openapi.from_dict(house.document())
    faults: list[str] = []
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 40
    for operation in operations:
        if operation.path.endswith(_ENDING):
            continue

        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_out(case: schemathesis.Case[Any]) -> None:
            faults.extend(_try(house, case))

        try_out()
    assert faults == []


_ENDING = ("/logout", "/logout/all", "/me/deactivate", "/password")
"""What would end the session that asks."""


def _try(house: House, case: schemathesis.Case[Any]) -> Iterator[str]:
    try:
        request = house.build(case)
    except (UnicodeError, httpx2.InvalidURL, ValueError, TypeError):
        return  # no client of HTTP could send it
    answer = house.send(request)
    label = f"{case.method} {case.operation.path}"
    if answer.status_code >= 500 and answer.status_code != 504:
        yield f"{label}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 400 and set(answer.json()) != {"detail"}:
        yield f"{label}: {answer.status_code} without the error body: {answer.text[:200]}"
    if found := _TELLING.search(answer.text):
        yield f"{label}: tells {found[0]}"
