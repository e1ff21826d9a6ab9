"""How the gateways hear at once that a credential is no longer good, or stands for something else.

PostgreSQL knows what was revoked. The cache, which the gateways ask first, is told after the
commit; and because it may have been down then, or lost what it was told, it is told again and again
for as long as a gateway's memory of the credential could live.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from ai4v.contracts.identity import (
    CREDENTIAL_CACHE_S,
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    STALE_MARK,
    STALE_S,
    credential_cache_key,
)
from ai4v.kit.background import repeat
from ai4v.kit.clock import Clock
from ai4v.kit.log import get_logger
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.services.auth.repository import AuthRepository

MARK_S: Final = CREDENTIAL_CACHE_S + 60.0
"""How long a mark lives: longer than any memory of the credential, clocks a little apart or not."""
_INTERVAL_S: Final = 2.0
_MOST_UNTOLD: Final = 100_000
"""Credentials that wait for the cache. The oldest are forgotten: its row tells of a revoked one."""
_AT_ONCE: Final = 64
_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Mark:
    value: bytes
    ttl_s: float


_REVOKED: Final = _Mark(REVOKED_MARK, MARK_S)
_STALE: Final = _Mark(STALE_MARK, STALE_S)


class RevocationMarks:
    """Puts the marks, tells the gateways of them, and keeps those of revocations there."""

    def __init__(self, cache: Cache, repository: AuthRepository, clock: Clock) -> None:
        self._cache = cache
        self._repository = repository
        self._clock = clock
        self._untold: OrderedDict[str, _Mark] = OrderedDict()

    async def put(self, credential_hashes: Iterable[str]) -> None:
        """Mark credentials whose revocation is committed; a cache that is down hears later."""
        await self._announce(credential_hashes, _REVOKED)

    async def put_stale(self, credential_hashes: Iterable[str]) -> None:
        """Have the gateways ask again what credentials stand for, after a change is committed.

        A cache that is down hears later, unless this process is gone by then.
        """
        await self._announce(credential_hashes, _STALE)

    async def reassert(self) -> None:
        """Mark everything that was revoked lately, and tell what could not be told, once.

        Raises:
            ServiceUnavailableError: the database or the cache is down.
        """
        since = self._clock.now() - timedelta(seconds=MARK_S)
        for credential_hash in await self._repository.list_revoked(since=since):
            await self._put(credential_hash, _REVOKED)
        await self._tell()

    async def keep(self, *, interval_s: float = _INTERVAL_S) -> None:
        """Reassert for ever."""
        await repeat(self.reassert, name="revocation marks", pause_s=interval_s)

    async def _announce(self, credential_hashes: Iterable[str], mark: _Mark) -> None:
        for credential_hash in credential_hashes:
            if self._untold.get(credential_hash) is not _REVOKED:
                self._untold[credential_hash] = mark
        while len(self._untold) > _MOST_UNTOLD:
            self._untold.popitem(last=False)
        try:
            await self._tell()
        except CacheUnavailableError:
            _log.warning("change of credentials not announced yet: the cache is down")

    async def _tell(self) -> None:
        while self._untold:
            await asyncio.gather(
                *(
                    self._tell_one(credential_hash, mark)
                    for credential_hash, mark in [*islice(self._untold.items(), _AT_ONCE)]
                )
            )

    async def _tell_one(self, credential_hash: str, mark: _Mark) -> None:
        await self._put(credential_hash, mark)
        await self._cache.publish(IDENTITY_CHANNEL, credential_hash.encode())
        if self._untold.get(credential_hash) is mark:
            del self._untold[credential_hash]

    async def _put(self, credential_hash: str, mark: _Mark) -> None:
        key = credential_cache_key(credential_hash)
        await self._cache.put(key, mark.value, ttl_s=mark.ttl_s)
