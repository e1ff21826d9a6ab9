"""A service at which users may sign in with providers on real sockets."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.service.auth.house import House, Keys
from tests.service.auth.journey import (
    Browser,
    callback_of,
    describe,
    describe_github,
    open_house_with,
)
from tests.support.clock import ManualClock
from tests.support.openid import OpenIdServer, Trick, served


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def one(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """An OpenID provider."""
    async with served(OpenIdServer(callback_of("one"), clock)) as server:
        yield server


@pytest.fixture
async def two(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """Another, which signs otherwise."""
    async with served(OpenIdServer(callback_of("two"), clock, algorithm="ES256")) as server:
        yield server


@pytest.fixture
async def github(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """A GitHub."""
    async with served(OpenIdServer(callback_of("github"), clock)) as server:
        server.trick = Trick(response_issuer="")
        yield server


@pytest.fixture
def providers(
    one: OpenIdServer, two: OpenIdServer, github: OpenIdServer
) -> tuple[dict[str, object], ...]:
    """The settings of all three."""
    return describe("one", one), describe("two", two), describe_github(github)


@pytest.fixture
async def house(
    auth_database_url: str,
    database: asyncpg.Connection,
    keys: Keys,
    clock: ManualClock,
    providers: tuple[dict[str, object], ...],
) -> AsyncIterator[House]:
    """A service at which users may sign in with all three."""
    async with open_house_with(auth_database_url, keys, clock, *providers) as house:
        yield house


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house)
