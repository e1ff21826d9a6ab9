"""The providers of this installation, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from ai4v.contracts.error import NotFoundError
from ai4v.ports.identityprovider import IdentityProvider
from ai4v.services.auth.provider.configuration import ProviderConfiguration


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them."""

    configuration: ProviderConfiguration
    port: IdentityProvider


@dataclass(frozen=True, slots=True)
class Providers:
    """All of them, and where browsers come from and go to."""

    by_name: Mapping[str, Provider]
    public_url: str
    """Where browsers reach the gateway."""
    return_urls: tuple[str, ...]

    def find(self, name: str) -> Provider:
        """Return one.

        Raises:
            NotFoundError: there is none of that name.
        """
        provider = self.by_name.get(name)
        if provider is None:
            raise NotFoundError("no such provider")
        return provider

    def address(self, name: str, end: str) -> str:
        """Return the address of a path of ours below that provider."""
        return f"{self.public_url}/api/v1/auth/providers/{name}/{end}"
