"""Hears of credentials that were revoked or changed, so that nobody here goes on believing them."""

from collections.abc import Callable
from typing import Final

from ai4v.contracts.identity import IDENTITY_CHANNEL
from ai4v.kit.background import repeat
from ai4v.ports.cache import Cache
from ai4v.services.gateway.door.verification import CredentialVerifier

_RETRY_S: Final = 0.5
_HASH_LENGTH: Final = 64


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
        await repeat(self._listen, name="revocations", pause_s=_RETRY_S)

    async def _listen(self) -> None:
        try:
            async with self._cache.subscribe(IDENTITY_CHANNEL) as messages:
                self._verifier.forget_all()
                self._verifier.set_heard(is_heard=True)
                async for message in messages:
                    self._take(message.decode("ascii", "replace"))
        finally:
            self._verifier.set_heard(is_heard=False)

    def _take(self, digest: str) -> None:
        if len(digest) == _HASH_LENGTH:
            self._verifier.forget(digest)
            self._on_change(digest)
