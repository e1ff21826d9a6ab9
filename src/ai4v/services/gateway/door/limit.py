"""How much a caller may ask for, and how the answer says so."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ai4v.contracts.error import RateLimitExceededError
from ai4v.contracts.identity import RateLimits
from ai4v.ports.ratelimit import Charge, Decision, Limit
from ai4v.services.gateway.passage.header import Header

DEGRADED: Final = b"x-ratelimit-degraded"
_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3_600.0
_DAY_S: Final = 86_400.0
_ADDRESSES: Final = 4_096
_UNITS: Final = {"audio-seconds-day": "seconds of audio", "characters-day": "characters"}


class AddressLimits:
    """The limits that each client address has.

    Args:
        per_minute: requests with a credential; generous, for many may share an address.
        sign_ins_per_minute: requests to paths that are open and guarded by what is in the body.
        open_per_minute: other requests without a credential.
        refusals_per_minute: credentials that are not good.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        sign_ins_per_minute: int,
        open_per_minute: int,
        refusals_per_minute: int,
    ) -> None:
        self._known = (Limit("address", per_minute, _MINUTE_S),)
        self._sign_in = (Limit("sign-in", sign_ins_per_minute, _MINUTE_S),)
        self._open = (Limit("open", open_per_minute, _MINUTE_S),)
        self._refusals = (Limit("refusals", refusals_per_minute, _MINUTE_S),)
        self.sign_in_policy = show_policy(self._sign_in)
        self.open_policy = show_policy(self._open)
        self.charge_known = lru_cache(maxsize=_ADDRESSES)(self._charge_known)

    def _charge_known(self, network: str) -> Charge:
        return Charge(f"address:{network}", self._known)

    def charge_sign_in(self, network: str) -> Charge:
        """Return what one try to sign in is charged."""
        return Charge(f"address:{network}", self._sign_in)

    def charge_open(self, network: str) -> Charge:
        """Return what a request without a credential is charged."""
        return Charge(f"address:{network}", self._open)

    def charge_refusal(self, network: str, cost: int) -> Charge:
        """Return what a credential that is not good is charged; with 0, whether more may come."""
        return Charge(f"address:{network}", self._refusals, cost)


@lru_cache(maxsize=1_024)
def list_limits(limits: RateLimits) -> tuple[Limit, ...]:
    """Return a key's limits of requests as the limiter takes them.

    A burst is a bucket of its own, which fills at the same rate as that of the minute.
    """
    windows = (
        Limit("minute", limits.per_minute, _MINUTE_S),
        Limit("hour", limits.per_hour, _HOUR_S),
        Limit("day", limits.per_day, _DAY_S),
    )
    if limits.burst is None or limits.burst >= limits.per_minute:
        return windows
    return Limit("burst", limits.burst, _MINUTE_S * limits.burst / limits.per_minute), *windows


@lru_cache(maxsize=1_024)
def list_costs(limits: RateLimits) -> tuple[Limit, Limit]:
    """Return a key's limits of sound and of text."""
    return (
        Limit("audio-seconds-day", limits.audio_s_per_day, _DAY_S),
        Limit("characters-day", limits.characters_per_day, _DAY_S),
    )


def show_policy(limits: Sequence[Limit]) -> bytes:
    """Return the value of RateLimit-Policy: quota and window of each limit.

    Source: draft-ietf-httpapi-ratelimit-headers-10.
    """
    return ", ".join(_show(limit) for limit in limits).encode()


def describe_decision(policy: bytes, decision: Decision) -> list[Header]:
    """Return the headers RateLimit-Policy and RateLimit.

    The latter tells what is left of the tightest limit and in how many seconds it is whole again.
    """
    limit = decision.limit
    name = limit.name.encode()
    if b'"%b"' % name not in policy:
        policy += f", {_show(limit)}".encode()
    state = b'"%b";r=%d;t=%d' % (name, decision.remaining, math.ceil(decision.reset_s))
    told = [(b"ratelimit-policy", policy), (b"ratelimit", state)]
    if decision.is_local:
        told.append((DEGRADED, b"1"))
    return told


def check_decision(decision: Decision) -> None:
    """Return when the request may go on.

    Raises:
        RateLimitExceededError: it may not; says when the next one may.
    """
    if decision.is_allowed:
        return
    limit = decision.limit
    raise RateLimitExceededError(
        f"over the limit {limit.name}: {limit.count} {_UNITS.get(limit.name, 'requests')}"
        f" in {limit.window_s:.0f} s",
        retry_after_s=max(1, math.ceil(decision.retry_after_s)),
    )


def _show(limit: Limit) -> str:
    return f'"{limit.name}";q={limit.count};w={limit.window_s:.0f}'
