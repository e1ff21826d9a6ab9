"""What every identity provider promises, whatever it speaks."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from ai4v.kit.challenge import challenge_of
from ai4v.kit.clock import SystemClock
from ai4v.ports.identityprovider import (
    Attempt,
    IdentityProvider,
    ProvedIdentity,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from tests.support.openid import OpenIdServer, Person

REDIRECT_URI = "https://ai4v.example/callback"
ATTEMPT = Attempt(REDIRECT_URI, state="s" * 43, nonce="n" * 43, code_verifier="v" * 43)


class IdentityProviderConformance(ABC):
    """The suite; a subclass opens its adapter at a provider that the test runs."""

    @abstractmethod
    def open_provider(
        self, server: OpenIdServer
    ) -> AbstractAsyncContextManager[IdentityProvider]: ...

    @pytest.fixture
    async def provider(self, server: OpenIdServer) -> AsyncIterator[IdentityProvider]:
        async with self.open_provider(server) as provider:
            yield provider

    async def come_back(self, provider: IdentityProvider) -> dict[str, str]:
        """Send a browser there; return what it brings back."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(await provider.begin(ATTEMPT))
        assert answer.headers["location"].startswith(REDIRECT_URI + "?")
        return _query(answer.headers["location"])

    async def test_a_browser_leaves_with_what_ties_it_to_the_attempt(
        self, provider: IdentityProvider
    ) -> None:
        url = await provider.begin(ATTEMPT)
        query = _query(url)
        assert query["redirect_uri"] == REDIRECT_URI
        assert query["state"] == ATTEMPT.state
        assert query["code_challenge"] == challenge_of(ATTEMPT.code_verifier)
        assert ATTEMPT.code_verifier not in url

    async def test_who_comes_back_is_known(self, provider: IdentityProvider) -> None:
        back = await self.come_back(provider)
        assert back["state"] == ATTEMPT.state
        proved = await provider.finish(ATTEMPT, back["code"], issuer=back.get("iss"))
        assert proved == ProvedIdentity("248289761001", "jane@example.org", "Jane.Doe")

    async def test_an_unverified_address_is_none(
        self, provider: IdentityProvider, server: OpenIdServer
    ) -> None:
        server.person = Person(is_verified=False)
        back = await self.come_back(provider)
        assert (await provider.finish(ATTEMPT, back["code"], issuer=back.get("iss"))).email is None

    async def test_a_code_is_good_once(self, provider: IdentityProvider) -> None:
        back = await self.come_back(provider)
        await provider.finish(ATTEMPT, back["code"], issuer=back.get("iss"))
        with pytest.raises(ProviderRefusedError):
            await provider.finish(ATTEMPT, back["code"], issuer=back.get("iss"))

    async def test_a_code_of_another_attempt_is_refused(self, provider: IdentityProvider) -> None:
        back = await self.come_back(provider)
        other = replace(ATTEMPT, code_verifier="w" * 43)
        with pytest.raises(ProviderRefusedError):
            await provider.finish(other, back["code"], issuer=back.get("iss"))

    async def test_the_answer_of_another_provider_is_refused(
        self, provider: IdentityProvider, server: OpenIdServer
    ) -> None:
        back = await self.come_back(provider)
        asked = list(server.asked)
        with pytest.raises(ProviderRefusedError):
            await provider.finish(ATTEMPT, back["code"], issuer="https://evil.example")
        assert server.asked == asked

    async def test_no_message_repeats_what_is_secret(self, provider: IdentityProvider) -> None:
        with pytest.raises(ProviderRefusedError) as caught:
            await provider.finish(ATTEMPT, "a code", issuer=await self.issuer(provider))
        text = repr(caught.value) + repr(ATTEMPT)
        assert "a code" not in text
        assert ATTEMPT.code_verifier not in text
        assert ATTEMPT.state not in text

    async def test_a_provider_that_is_gone_is_said_to_be(self) -> None:
        gone = OpenIdServer(REDIRECT_URI, SystemClock())
        gone.issuer = "http://127.0.0.1:1"
        async with self.open_provider(gone) as provider:
            with pytest.raises(ProviderUnavailableError):
                await provider.finish(ATTEMPT, "a code", issuer=None)

    async def issuer(self, provider: IdentityProvider) -> str | None:
        """Return what the provider says of itself in a callback."""
        return (await self.come_back(provider)).get("iss")


def _query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
