"""Which service a path belongs to, who may ask it, and how much."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from ai4v.contracts.error import NotFoundError
from ai4v.kit.topology import Service
from ai4v.ports.ratelimit import Charge, Limit

_HEALTH_ENDS: Final = ("/health", "/health/live", "/health/ready")
_NEVER_ROUTED: Final = ("/internal", "/metrics", "/openapi.json", "/docs")
_COOKIES: Final = "auth"
"""The one service that may set cookies."""
_MINUTE_S: Final = 60.0
_MOST_FOUND: Final = 2_048
_LONGEST_FOUND: Final = 64


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
    with_cookies: bool = False
    """Whether the service may set cookies."""
    max_body_bytes: int = 1 << 25
    charge: Charge | None = None
    """What all its callers together are charged, if there is such a limit."""
    may_hedge: bool = False
    """Whether a second instance may be asked when the first takes unusually long."""


@dataclass(frozen=True, slots=True)
class RouteRules:
    """What the settings say of routes, each by prefix."""

    max_body_bytes: int = 1 << 25
    """Where no prefix says otherwise."""
    body_bytes: Mapping[str, int] | None = None
    per_minute: Mapping[str, int] | None = None
    hedged: frozenset[str] = frozenset()
    """Services whose repeatable requests may be hedged."""


class RouteTable:
    """The routes of services.toml: the longest prefix that ends where a segment ends wins."""

    def __init__(self, services: Iterable[Service], rules: RouteRules | None = None) -> None:
        """Lay out the table.

        Raises:
            ValueError: a prefix is one that is never routed, or no path.
        """
        self._rules = rules or RouteRules()
        self._exact: dict[tuple[str, str], Route] = {}
        self._below: dict[str, list[tuple[str, str, Route]]] = {}
        self._prefixes: dict[str, Route] = {}
        self._found: dict[tuple[str, str], Route] = {}
        for service in services:
            for prefix in service.prefixes:
                _check_prefix(prefix)
                self._prefixes[prefix] = self._make(service, prefix)
            if service.prefixes:
                self._add_health(service)
            for line in service.open:
                self._add_open(service, line)
        depths = {prefix.count("/") for prefix in self._prefixes}
        self._depths = sorted(depths, reverse=True)

    def find(self, method: str, path: str) -> Route:
        """Return the route of a request.

        Raises:
            NotFoundError: no service has the path.
        """
        found = self._exact.get((method, path)) or self._found.get((method, path))
        if found is None:
            found = self._search(method, path)
            if len(self._found) < _MOST_FOUND and len(path) <= _LONGEST_FOUND:
                self._found[method, path] = found
        return found

    def _search(self, method: str, path: str) -> Route:
        for depth in self._depths:
            prefix = "/".join(path.split("/", depth + 1)[: depth + 1])
            route = self._prefixes.get(prefix)
            if route is None:
                continue
            for open_method, start, below in self._below.get(route.service, ()):
                if open_method == method and path.startswith(start):
                    return below
            return route
        raise NotFoundError("no such path")

    def _make(self, service: Service, prefix: str) -> Route:
        rules = self._rules
        per_minute = _find_longest(rules.per_minute or {}, prefix)
        charge = None
        if per_minute is not None:
            limit = Limit("route", per_minute[1], _MINUTE_S)
            charge = Charge(f"route:{per_minute[0]}", (limit,))
        body_bytes = _find_longest(rules.body_bytes or {}, prefix)
        return Route(
            service.name,
            prefix,
            Access.CREDENTIAL,
            calls=service.calls,
            with_cookies=service.name == _COOKIES,
            max_body_bytes=body_bytes[1] if body_bytes else rules.max_body_bytes,
            charge=charge,
            may_hedge=service.name in rules.hedged,
        )

    def _add_health(self, service: Service) -> None:
        for end in _HEALTH_ENDS:
            path = f"/api/v1/{service.name}{end}"
            route = Route(service.name, path, Access.OPEN, is_health=True)
            for method in ("GET", "HEAD"):
                self._exact[method, path] = route

    def _add_open(self, service: Service, line: str) -> None:
        method, _, path = line.partition(" ")
        route = replace(self._make(service, path), access=Access.SIGN_IN)
        methods = ("GET", "HEAD") if method == "GET" else (method,)
        for name in methods:
            if path.endswith("/*"):
                self._below.setdefault(service.name, []).append((name, path[:-1], route))
            else:
                self._exact[name, path] = route


def _find_longest(numbers: Mapping[str, int], path: str) -> tuple[str, int] | None:
    found = [
        prefix for prefix in numbers if path == prefix or path.startswith(f"{prefix.rstrip('/')}/")
    ]
    longest = max(found, key=len, default=None)
    return None if longest is None else (longest, numbers[longest])


def _check_prefix(prefix: str) -> None:
    if not prefix.startswith("/") or prefix.endswith("/"):
        raise ValueError(f"a prefix starts with a slash and does not end with one: {prefix}")
    if any(prefix == path or prefix.startswith(f"{path}/") for path in _NEVER_ROUTED):
        raise ValueError(f"the gateway never routes {prefix}")
