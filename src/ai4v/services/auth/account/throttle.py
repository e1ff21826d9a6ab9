"""How often a password, a letter or a token may be tried.

What is counted, and why nobody is locked out by somebody else:

- a name at an address, strictly: 10 tries at once, then one in 6 s; after 30 wrong ones one in 2
  minutes, after 100 one in a quarter of an hour: each step is longer by a factor;
- an address, whatever the names: many users may share one;
- a name, whatever the addresses, loosely, and not where its owner has signed in from lately.

Tries are taken before the password is looked at, so that a thousand at once are counted too; wrong
ones are debited once more afterwards. While the shared counters are down nothing is tried at all:
whoever can hurt them must not gain guesses by it.
"""

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from ai4v.contracts.error import RateLimitExceededError
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.ports.ratelimit import Charge, Limit, RateLimiter, RateLimiterUnavailableError

KNOWN_S: Final = 14 * 86_400.0
"""How long an address is remembered that somebody has signed in from."""
_MINUTE: Final = 60.0
_HOUR: Final = 3_600.0
_DAY: Final = 86_400.0

PAIR_TRIES: Final = (Limit("minute", 10, _MINUTE),)
PAIR_FAILURES: Final = (Limit("hour", 30, _HOUR), Limit("day", 100, _DAY))
ADDRESS_TRIES: Final = (Limit("minute", 120, _MINUTE),)
ADDRESS_FAILURES: Final = (Limit("hour", 300, _HOUR), Limit("day", 1_000, _DAY))
NAME_FAILURES: Final = (Limit("hour", 300, _HOUR), Limit("day", 1_000, _DAY))
ADDRESS_ASKS: Final = (Limit("minute", 20, _MINUTE), Limit("day", 200, _DAY))
"""Registrations and letters asked for, and tokens tried."""
NAME_LETTERS: Final = (Limit("hour", 5, _HOUR), Limit("day", 10, _DAY))
"""Letters to one address, by whomever."""


@dataclass(frozen=True, slots=True)
class Try:
    """A password that is being tried."""

    name: str
    """A digest of it: what was typed is not kept in the counters."""
    network: str

    @property
    def pair(self) -> str:
        """The name at the address."""
        return f"{self.name}@{self.network}"

    @property
    def cache_key(self) -> str:
        """Where it is remembered that it once was right."""
        return f"signed-in:{self.pair}"


class Throttle:
    """Counts tries in what all instances share."""

    def __init__(self, limiter: RateLimiter, cache: Cache) -> None:
        """Prepare.

        Args:
            limiter: raises when the shared counters are down, and never decides alone.
            cache: remembers where users have signed in from.
        """
        self._limiter = limiter
        self._cache = cache

    async def begin(self, name: str, address: str | None) -> Try:
        """Count a try at a password; call it before the password is looked at.

        Raises:
            RateLimitExceededError: too many.
            ServiceUnavailableError: the counters cannot be reached.
        """
        attempt = Try(_digest(name), _find_network(address))
        charges = [
            Charge(f"try:pair:{attempt.pair}", PAIR_TRIES),
            Charge(f"try:address:{attempt.network}", ADDRESS_TRIES),
            Charge(f"wrong:pair:{attempt.pair}", PAIR_FAILURES, cost=0),
            Charge(f"wrong:address:{attempt.network}", ADDRESS_FAILURES, cost=0),
        ]
        if await self._cache.get(attempt.cache_key) is None:
            charges.append(Charge(f"wrong:name:{attempt.name}", NAME_FAILURES, cost=0))
        await self._take(charges)
        return attempt

    async def fail(self, attempt: Try) -> None:
        """Count that the password was wrong."""
        charges = (
            Charge(f"wrong:pair:{attempt.pair}", PAIR_FAILURES),
            Charge(f"wrong:address:{attempt.network}", ADDRESS_FAILURES),
            Charge(f"wrong:name:{attempt.name}", NAME_FAILURES),
        )
        with suppress(RateLimiterUnavailableError):  # the next try finds them down, and is refused
            await self._limiter.debit(charges)

    async def succeed(self, attempt: Try) -> None:
        """Remember that the password was right, from there."""
        with suppress(CacheUnavailableError):  # it is a favour, not a condition
            await self._cache.put(attempt.cache_key, b"1", ttl_s=KNOWN_S)

    async def ask(self, address: str | None, name: str | None = None) -> None:
        """Count something that anybody may ask for.

        Args:
            address: who asks.
            name: who is to get a letter, as it was typed, known or not.

        Raises:
            RateLimitExceededError: too many.
            ServiceUnavailableError: the counters cannot be reached.
        """
        charges = [Charge(f"ask:address:{_find_network(address)}", ADDRESS_ASKS)]
        if name is not None:
            charges.append(Charge(f"ask:name:{_digest(name)}", NAME_LETTERS))
        await self._take(charges)

    async def _take(self, charges: Sequence[Charge]) -> None:
        decision = await self._limiter.acquire(charges)
        if not decision.is_allowed:
            raise RateLimitExceededError(
                "too many tries; wait", retry_after_s=math.ceil(decision.retry_after_s)
            )


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _find_network(address: str | None) -> str:
    """Return what one subscriber has: an IPv4 address, or 64 bits of an IPv6 one."""
    if address is None:
        return "unknown"
    known = ip_address(address)
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False))
    return str(known)
