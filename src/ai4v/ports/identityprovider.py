"""Port: somebody whom users trust with their sign-in says who they are."""

from dataclasses import dataclass, field
from typing import Protocol

from ai4v.contracts.error import AuthenticationError, UpstreamError


class ProviderUnavailableError(UpstreamError):
    """The provider cannot be reached, is too slow, or answers what no provider does."""


class ProviderRefusedError(AuthenticationError):
    """The provider does not vouch for whoever came back, or not for this attempt."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in, from the moment that the browser leaves until it is back."""

    redirect_uri: str
    """Where the provider sends the browser; registered there, letter for letter."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    """Of PKCE (RFC 7636), 43 characters; only its SHA-256 leaves with the browser."""


@dataclass(frozen=True, slots=True)
class ProvedIdentity:
    """Who somebody is at a provider."""

    subject: str
    """Stays the same for ever there, at most 255 characters; names and addresses may change."""
    email: str | None
    """In lower case; None: there is none that the provider has verified."""
    name: str | None
    """What the user is called there, to make a username of; nothing is decided by it."""


class IdentityProvider(Protocol):
    """One provider, at which this platform is a registered client.

    Nothing is kept between `begin` and `finish`: the caller keeps the attempt. A call that is
    cancelled leaves nothing behind but a code that may be spent.
    """

    async def begin(self, attempt: Attempt) -> str:
        """Return the address at the provider to send the browser to.

        Raises:
            ProviderUnavailableError: the provider does not say where that is.
        """
        ...

    async def finish(self, attempt: Attempt, code: str, *, issuer: str | None) -> ProvedIdentity:
        """Return who came back with `code`, which is good once.

        Args:
            attempt: the one that `begin` was given.
            code: from the query of the callback; not believed.
            issuer: `iss` from there (RFC 9207), or None; not believed.

        Raises:
            ProviderRefusedError: the code or what it was changed for is not good for this attempt.
            ProviderUnavailableError: it cannot be found out now.
        """
        ...
