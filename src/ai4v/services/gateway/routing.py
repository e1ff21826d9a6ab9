"""Which service a path belongs to, and who may ask it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ai4v.contracts.error import NotFoundError
from ai4v.kit.topology import Service

_HEALTH_ENDS: Final = ("/health", "/health/live", "/health/ready")
_SIGN_IN: Final = ("POST", "/api/v1/auth/login")
_NEVER_ROUTED: Final = ("/internal", "/metrics", "/openapi.json", "/docs")


class Access(Enum):
    """What a caller must bring."""

    CREDENTIAL = "credential"
    """A key or a token; limited by its own limits."""
    OPEN = "open"
    """Nothing; limited by the client's address."""
    EITHER = "either"
    """A key or a token, which is then checked and limited as such; or nothing, as OPEN."""
    SIGN_IN = "sign-in"
    """Nothing but what is in the body; limited by the client's address, more strictly."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes."""

    service: str
    label: str
    """The path's name in metrics; one of few."""
    access: Access
    calls: tuple[str, ...] = ()
    """The services that it asks in turn."""
    is_health: bool = False


class RouteTable:
    """The routes of services.toml: the longest prefix that ends where a segment ends wins."""

    def __init__(self, services: Iterable[Service]) -> None:
        """Lay out the table.

        Raises:
            ValueError: a prefix is one that is never routed, or no path.
        """
        self._health: dict[str, Route] = {}
        prefixes: dict[str, Route] = {}
        for service in services:
            for prefix in service.prefixes:
                _check_prefix(prefix)
                prefixes[prefix] = Route(
                    service.name, prefix, Access.CREDENTIAL, calls=service.calls
                )
            if service.prefixes:
                for end in _HEALTH_ENDS:
                    path = f"/api/v1/{service.name}{end}"
                    self._health[path] = Route(service.name, path, Access.OPEN, is_health=True)
        self._prefixes = sorted(prefixes.items(), key=lambda entry: -len(entry[0]))

    def find(self, method: str, path: str) -> Route:
        """Return the route of a request.

        Raises:
            NotFoundError: no service has the path.
        """
        if method in {"GET", "HEAD"} and path in self._health:
            return self._health[path]
        for prefix, route in self._prefixes:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in {"", "/"}:
                if (method, path) == _SIGN_IN:
                    return Route(route.service, path, Access.SIGN_IN)
                return route
        raise NotFoundError("no such path")


def _check_prefix(prefix: str) -> None:
    if not prefix.startswith("/") or prefix.endswith("/"):
        raise ValueError(f"a prefix starts with a slash and does not end with one: {prefix}")
    if any(prefix == path or prefix.startswith(f"{path}/") for path in _NEVER_ROUTED):
        raise ValueError(f"the gateway never routes {prefix}")
