"""What a provider says about itself (OpenID Connect Discovery 1.0), kept for an hour."""

import asyncio
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ai4v.adapters.openid.client import ProviderClient
from ai4v.kit.clock import Clock
from ai4v.ports.identityprovider import ProviderUnavailableError

KEPT_S: Final = 3600.0
_PATH: Final = "/.well-known/openid-configuration"


class Document(BaseModel):
    """The parts of it that a sign-in needs."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


_ANSWER: Final = TypeAdapter(Document)


class Discovery:
    """Finds and keeps the document of one issuer."""

    def __init__(self, issuer: str, client: ProviderClient, clock: Clock) -> None:
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._kept: tuple[float, Document] | None = None
        self._turn = asyncio.Lock()

    async def find(self) -> Document:
        """Return the document; of many that ask at once, one fetches it.

        Raises:
            ProviderUnavailableError: it cannot be had, is another issuer's, or names an address
                that is not https.
        """
        async with self._turn:
            now_s = self._clock.monotonic_s()
            if self._kept is None or now_s - self._kept[0] >= KEPT_S:
                self._kept = (now_s, await self._fetch())
            return self._kept[1]

    async def _fetch(self) -> Document:
        found = await self._client.get(self._issuer.rstrip("/") + _PATH, _ANSWER, {})
        if found.issuer != self._issuer:
            raise ProviderUnavailableError("the provider calls itself another issuer")
        for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            self._client.require_secure(url)
        return found
