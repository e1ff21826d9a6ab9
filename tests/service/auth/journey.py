"""A browser's way through a sign-in elsewhere, step by step, so that a test can go astray."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx2
from pydantic import SecretStr

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.contracts.session import SessionTokens
from ai4v.kit.challenge import challenge_of
from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.auth.app import Adapters, create_app
from tests.service.auth.house import House, Keys, open_http
from tests.support.clock import ManualClock
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from tests.support.password import CHEAP

PUBLIC_URL = "https://ai4v.example"
RETURN_TO = "https://app.example/signed-in"
VERIFIER = "v" * 43
_PATH = "/api/v1/auth/providers"


def callback_of(name: str) -> str:
    """Return the address that is registered at a provider."""
    return f"{PUBLIC_URL}{_PATH}/{name}/callback"


def describe(name: str, server: OpenIdServer, **more: object) -> dict[str, object]:
    """Return the settings of a provider that a test runs."""
    return {
        "name": name,
        "issuer": server.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        **more,
    }


def describe_github(server: OpenIdServer) -> dict[str, object]:
    """Return the settings of a GitHub that a test runs."""
    urls = {
        "authorization_url": f"{server.issuer}/authorize",
        "token_url": f"{server.issuer}/token",
        "api_url": server.issuer,
    }
    return describe("github", server, preset="github", github=urls)


@asynccontextmanager
async def open_house_with(
    database_url: str, keys: Keys, clock: ManualClock, *providers: dict[str, object]
) -> AsyncIterator[House]:
    """Run a service at which users may sign in with these."""
    changes = {
        "providers": SecretStr(json.dumps(providers)),
        "public_url": PUBLIC_URL,
        "return_urls": (RETURN_TO,),
        "allows_loopback_providers": True,
    }
    settings = keys.settings(database_url).model_copy(update=changes)
    cache = MemoryCache(clock)
    adapters = Adapters(
        cache=cache,
        limiter=MemoryRateLimiter(clock),
        registry=MemoryRegistry(clock),
        clock=clock,
        hash_cost=CHEAP,
    )
    async with open_http(create_app(settings, adapters=adapters)) as http:
        yield House(http, cache, clock, keys)


@dataclass(frozen=True)
class Away:
    """A browser that was sent to a provider."""

    url: str
    cookie: str


class Browser:
    """One browser; what it keeps is in the test's hands."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._headers = {TOKEN_HEADER: house.gateway._headers[TOKEN_HEADER]}

    async def ask_start(self, name: str, **query: str) -> httpx2.Response:
        """Ask to be sent to a provider."""
        return await self._house.http.get(
            f"{_PATH}/{name}/start",
            params={"return_to": RETURN_TO, **query},
            headers=self._headers,
        )

    async def start(self, name: str, **query: str) -> Away:
        """Be sent to a provider."""
        answer = await self.ask_start(name, **query)
        assert answer.status_code == 302, answer.text
        return Away(answer.headers["location"], answer.headers["set-cookie"].partition(";")[0])

    async def consent(self, away: Away) -> str:
        """Sign in at the provider; return the address that it sends the browser to."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(away.url)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def come_back(self, address: str, cookie: str) -> httpx2.Response:
        """Follow the provider's redirect."""
        path = address.removeprefix(PUBLIC_URL)
        return await self._house.http.get(path, headers={**self._headers, "cookie": cookie})

    async def travel(self, name: str, **query: str) -> dict[str, str]:
        """Go all the way; return what the page that began is told."""
        away = await self.start(name, **query)
        return told(await self.come_back(await self.consent(away), away.cookie))

    async def exchange(self, ticket: str, verifier: str | None = None) -> httpx2.Response:
        """Change a ticket for tokens."""
        body = {"ticket": ticket} | ({} if verifier is None else {"verifier": verifier})
        return await self._house.gateway.ask("POST", f"{_PATH}/exchange", body)

    async def sign_in(self, name: str) -> SessionTokens:
        """Go all the way, and change the ticket."""
        found = await self.travel(name, challenge=challenge_of(VERIFIER))
        answer = await self.exchange(found["ticket"], VERIFIER)
        assert answer.status_code == 200, answer.text
        return SessionTokens.model_validate_json(answer.content)


def query_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def told(answer: httpx2.Response) -> dict[str, str]:
    """Return what is in the address that the browser is sent to in the end."""
    assert answer.status_code == 302, answer.text
    location = answer.headers["location"]
    assert location.startswith((RETURN_TO + "?", "http://127.0.0.1:")), location
    return query_of(location)
