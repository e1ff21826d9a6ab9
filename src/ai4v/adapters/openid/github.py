"""GitHub: OAuth2 without an ID token; who came back is asked of its API."""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ai4v.adapters.openid.client import ProviderClient
from ai4v.adapters.openid.provider import Registration, authorization_url, code_form
from ai4v.ports.identityprovider import Attempt, ProvedIdentity, ProviderRefusedError


@dataclass(frozen=True, slots=True)
class GitHubAddress:
    """Where GitHub, or a GitHub of one's own, is."""

    issuer: str
    """What it calls itself if it says who answers (RFC 9207)."""
    authorization: str
    token: str
    api: str


class _Token(BaseModel):
    model_config = ConfigDict(frozen=True)

    access_token: str | None = Field(default=None, repr=False)
    """None: refused; GitHub says so with status 200."""


class _User(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int
    login: str


class _Email(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str = Field(max_length=254)
    primary: bool
    verified: bool


_TOKEN: Final = TypeAdapter(_Token)
_USER: Final = TypeAdapter(_User)
_EMAILS: Final = TypeAdapter(list[_Email])


class GitHubProvider:
    """An `IdentityProvider` that vouches by answering with the token it gave for the code."""

    def __init__(
        self, address: GitHubAddress, registration: Registration, client: ProviderClient
    ) -> None:
        self._address = address
        self._registration = registration
        self._client = client

    async def begin(self, attempt: Attempt) -> str:
        """Return the authorization request; as the port says."""
        url = self._client.require_secure(self._address.authorization)
        return authorization_url(url, self._registration, attempt, nonce=None)

    async def finish(self, attempt: Attempt, code: str, *, issuer: str | None) -> ProvedIdentity:
        """Change the code for a token and ask whose it is; as the port says."""
        if issuer not in (None, self._address.issuer):
            raise ProviderRefusedError("another provider answered than was asked")
        form = code_form(self._registration, attempt, code)
        token = (await self._client.post(self._address.token, form, _TOKEN)).access_token
        if not token or not token.isascii() or not token.isprintable():
            raise ProviderRefusedError("the provider does not take the code; sign in again")
        headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json"}
        user = await self._client.get(f"{self._address.api}/user", _USER, headers)
        emails = await self._client.get(f"{self._address.api}/user/emails", _EMAILS, headers)
        found = [entry.email.lower() for entry in emails if entry.primary and entry.verified]
        return ProvedIdentity(str(user.id), found[0] if found else None, user.login)
