"""How the gateways hear at once that a credential is no longer good.

PostgreSQL knows what was revoked. The cache, which the gateways ask first, is told after the
commit; and because it may have been down then, or lost what it was told, it is told again and again
for as long as a gateway's memory of the credential could live.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.contracts.identity import CREDENTIAL_CACHE_S, REVOKED_MARK, credential_cache_key
from ai4v.kit.clock import Clock
from ai4v.kit.log import get_logger
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.services.auth.repository import AuthRepository

MARK_S: Final = CREDENTIAL_CACHE_S + 60.0
"""How long a mark lives: longer than any memory of the credential, clocks a little apart or not."""
_INTERVAL_S: Final = 2.0
_log: Final = get_logger(__name__)


class RevocationMarks:
    """Puts the marks, and keeps them there."""

    def __init__(self, cache: Cache, repository: AuthRepository, clock: Clock) -> None:
        self._cache = cache
        self._repository = repository
        self._clock = clock

    async def put(self, credential_hashes: Iterable[str]) -> None:
        """Mark credentials whose revocation is committed; a cache that is down hears later."""
        try:
            await self._put(credential_hashes)
        except CacheUnavailableError:
            _log.warning("revocation not announced yet: the cache is down")

    async def reassert(self) -> None:
        """Mark everything that was revoked lately, once.

        Raises:
            ServiceUnavailableError: the database or the cache is down.
        """
        since = self._clock.now() - timedelta(seconds=MARK_S)
        await self._put(await self._repository.list_revoked(since=since))

    async def keep(self, *, interval_s: float = _INTERVAL_S) -> None:
        """Reassert for ever."""
        while True:
            try:
                await self.reassert()
            except ServiceUnavailableError as error:
                _log.debug("revocations not reasserted", reason=error.message)
            except Exception:  # noqa: BLE001 - an edge: the loop must outlive what one round dies of
                _log.exception("revocations not reasserted")
            await asyncio.sleep(interval_s)

    async def _put(self, credential_hashes: Iterable[str]) -> None:
        for credential_hash in credential_hashes:
            key = credential_cache_key(credential_hash)
            await self._cache.put(key, REVOKED_MARK, ttl_s=MARK_S)
