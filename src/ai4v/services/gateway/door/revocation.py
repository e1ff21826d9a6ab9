"""Hears of credentials that were revoked or changed, so that nobody here goes on believing them."""

import asyncio
from collections.abc import Callable
from typing import Final

from ai4v.contracts.identity import IDENTITY_CHANNEL
from ai4v.kit.log import get_logger
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.services.gateway.door.verification import CredentialVerifier

_RETRY_S: Final = 0.5
_HASH_LENGTH: Final = 64
_log: Final = get_logger(__name__)


class RevocationListener:
    """Listens as long as it runs; while it cannot, guests are believed for a second only.

    Args:
        cache: carries the messages.
        verifier: forgets.
        on_change: told the hash of each credential, after it was forgotten.
    """

    def __init__(
        self, cache: Cache, verifier: CredentialVerifier, on_change: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._verifier = verifier
        self._on_change = on_change

    async def run(self) -> None:
        """Listen for good."""
        self._verifier.set_heard(is_heard=False)
        while True:
            try:
                await self._listen()
            except CacheUnavailableError:
                _log.warning("revocations are not pushed")
            self._verifier.set_heard(is_heard=False)
            await asyncio.sleep(_RETRY_S)

    async def _listen(self) -> None:
        async with self._cache.subscribe(IDENTITY_CHANNEL) as messages:
            self._verifier.forget_all()
            self._verifier.set_heard(is_heard=True)
            async for message in messages:
                digest = message.decode("ascii", "replace")
                if len(digest) != _HASH_LENGTH:
                    continue
                self._verifier.forget(digest)
                self._on_change(digest)
