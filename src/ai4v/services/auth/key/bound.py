"""What a key may be made to do: never more than who makes it, be that a user or another key.

Pure: it compares, and asks nobody.
"""

import math
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from ai4v.contracts.apikey import KeyCreation, KeyLimits, KeyScope
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import Principal, RateLimits, Scope
from ai4v.contracts.permission import USING, Permission
from ai4v.kit.topology import load_topology
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.refusal import refuse


def choose_permissions(
    asked: frozenset[Permission] | None, maker: Principal
) -> frozenset[Permission]:
    """Return what a new key may do.

    Raises:
        AuthorizationError: more than its maker may.
        ValidationError: nothing at all.
    """
    missing = (asked or frozenset()) - maker.permissions
    if missing:
        names = ", ".join(sorted(missing))
        raise AuthorizationError(f"a key may do no more than its maker, who has not: {names}")
    chosen = USING & maker.permissions if asked is None else asked
    if not chosen:
        refuse("permissions", "must be at least one of those that its maker has")
    return chosen


def inherit(creation: KeyCreation, maker: ApiKey) -> KeyCreation:
    """Return what a key asks for a new one, with its own bounds for what it does not say."""
    said = creation.model_fields_set
    kept: dict[str, object] = {}
    if "expires_at" not in said:
        kept["expires_at"] = maker.expires_at
    if "scope" not in said:
        kept["scope"] = KeyScope.model_validate(maker.scope.model_dump())
    if "networks" not in said:
        kept["networks"] = maker.networks
    limits = creation.limits.model_dump(include=creation.limits.model_fields_set)
    own = maker.limits.model_dump()
    default = KeyLimits().model_dump()
    lower = {name: min(own[name], default[name], key=size) for name in default}
    kept["limits"] = KeyLimits.model_construct(**(lower | limits))
    return creation.model_copy(update=kept)


def require_no_more(key: ApiKey, maker: ApiKey) -> None:
    """Refuse a key that does more than another.

    Raises:
        AuthorizationError: it does; the message says in what.
    """
    for what, is_within in (
        ("permissions", key.permissions <= maker.permissions),
        ("limits", not exceeds(key.limits, maker.limits)),
        ("scope", _is_within_scope(key.scope, maker.scope)),
        ("networks", _is_within_networks(key.networks, maker.networks)),
        ("expires_at", _ends_no_later(key, maker)),
    ):
        if not is_within:
            raise AuthorizationError(f"a key manages only keys that do no more than itself: {what}")


def exceeds(limits: RateLimits, others: RateLimits) -> bool:
    """Tell whether any of `limits` is above its like in `others`."""
    most = others.model_dump()
    return any(size(value) > size(most[name]) for name, value in limits.model_dump().items())


def size(limit: int | None) -> float:
    """Return how much a limit allows; what is not limited is above all numbers."""
    return math.inf if limit is None else limit


def check_scope(scope: KeyScope) -> Scope:
    """Return a scope whose services there are.

    Raises:
        ValidationError: there is no such service.
    """
    unknown = [name for name in scope.services if name not in _services()]
    if unknown:
        refuse("scope.services", f"must be among {', '.join(sorted(_services()))}")
    return scope.as_scope()


@lru_cache
def _services() -> frozenset[str]:
    return frozenset(service.name for service in load_topology().services if service.prefixes)


def _is_within_scope(scope: Scope, other: Scope) -> bool:
    pairs = (
        (scope.services, other.services),
        (scope.tasks, other.tasks),
        (scope.languages, other.languages),
        (scope.models, other.models),
    )
    return all(not theirs or (ours and set(ours) <= set(theirs)) for ours, theirs in pairs)


def _is_within_networks(networks: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if not others:
        return True
    outer = [ip_network(text) for text in others]
    return bool(networks) and all(
        any(_is_inside(ip_network(text), other) for other in outer) for text in networks
    )


def _is_inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network):
        return inner.subnet_of(outer)
    return False


def _ends_no_later(key: ApiKey, maker: ApiKey) -> bool:
    if maker.expires_at is None:
        return True
    return key.expires_at is not None and key.expires_at <= maker.expires_at
