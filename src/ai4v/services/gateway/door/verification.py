"""Whose credential is this? Asked of this process, of the shared cache, of the auth service."""

from collections import Counter
from typing import Final

from pydantic import ValidationError

from ai4v.contracts.error import AuthenticationError
from ai4v.contracts.identity import (
    CREDENTIAL_CACHE_S,
    REVOKED_MARK,
    STALE_MARK,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.kit.clock import Clock
from ai4v.kit.keyform import PREFIX, is_well_formed
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.services.gateway.door.authority import CredentialAuthority
from ai4v.services.gateway.door.flight import SingleFlight
from ai4v.services.gateway.door.guest import Guest
from ai4v.services.gateway.door.memory import BriefMemory
from ai4v.services.gateway.record.failure import FailureGuard

_BRIEF_S: Final = 5.0
_UNHEARD_S: Final = 1.0
"""How long a guest is believed while nobody could tell us of a revocation."""
_ENTRIES: Final = 10_000
_REVOKED: Final = "the key was revoked, or the session has ended"
_EXPIRED: Final = "the key has expired"
_MALFORMED: Final = "this is neither an API key nor an access token"


class CredentialVerifier:
    """Remembers for 5 s what the shared cache said, and there for 300 s what the authority said.

    A revocation is pushed (`revocation.py`) and forgets the guest at once; while the push is cut, a
    guest is believed for 1 s, then the shared cache is asked, which holds the mark. While that is
    down too the authority is asked. What the authority refused is refused for 5 s without
    asking again.

    Args:
        cache: shared by all gateways.
        authority: knows.
        guard: stops an address that tries one credential after another.
        clock: measures.
    """

    def __init__(
        self, cache: Cache, authority: CredentialAuthority, guard: FailureGuard, clock: Clock
    ) -> None:
        self._cache = cache
        self._authority = authority
        self._guard = guard
        self._clock = clock
        self._flights = SingleFlight[str, Guest]()
        self._refused = BriefMemory[str](ttl_s=_BRIEF_S, max_entries=_ENTRIES, clock=clock)
        self._guests = BriefMemory[Guest](ttl_s=_BRIEF_S, max_entries=_ENTRIES, clock=clock)
        self._epoch = 0
        self.found: Counter[str] = Counter()
        """Guests by where they were found: process, cache, authority."""

    def recall(self, credential: str) -> Guest | None:
        """Return a guest whom this process remembers; the quick way.

        Raises:
            AuthenticationError: the credential has expired meanwhile.
        """
        guest = self._guests.get(hash_credential(credential))
        if guest is not None:
            self.found["process"] += 1
            self._check_expiry(guest)
        return guest

    async def verify(self, credential: str, network: str) -> Guest:
        """Return whose `credential` is.

        Args:
            credential: as the client sent it.
            network: where the client is; what it tries in vain is counted there.

        Raises:
            AuthenticationError: nobody's, revoked, expired.
            RateLimitExceededError: too many were tried in vain from there.
            ServiceUnavailableError: it is not remembered and the authority cannot be asked.
        """
        try:
            guest = self.recall(credential)
            if guest is None:
                guest = await self._find(credential, network)
                self._check_expiry(guest)
        except AuthenticationError:
            await self._guard.note(network)
            raise
        return guest

    async def recheck(self, credential: str) -> Guest:
        """Return whose `credential` is now, for somebody who is in already; nothing is counted.

        Raises:
            AuthenticationError: it is not good any more.
            ServiceUnavailableError: it is not remembered and the authority cannot be asked.
        """
        guest = self.recall(credential) or await self._find(credential, None)
        self._check_expiry(guest)
        return guest

    def forget(self, digest: str) -> None:
        """Believe nothing of a credential that was found out before now."""
        self._epoch += 1
        self._guests.drop(digest)

    def forget_all(self) -> None:
        """Believe nothing that was found out before now."""
        self._epoch += 1
        self._guests.clear()

    def set_heard(self, *, is_heard: bool) -> None:
        """Say whether we would hear of a revocation now."""
        self._guests.limit(_BRIEF_S if is_heard else _UNHEARD_S)

    async def close(self) -> None:
        """Give up what is being asked."""
        await self._flights.close()

    async def _find(self, credential: str, network: str | None) -> Guest:
        if not _may_be_good(credential):
            raise AuthenticationError(_MALFORMED)
        digest = hash_credential(credential)
        refusal = self._refused.get(digest)
        if refusal is not None:
            raise AuthenticationError(refusal)
        return await self._flights.run(digest, lambda: self._look(digest, credential, network))

    async def _look(self, digest: str, credential: str, network: str | None) -> Guest:
        epoch = self._epoch
        try:
            kept = await self._cache.get(credential_cache_key(digest))
        except CacheUnavailableError:
            kept = None
        if kept == REVOKED_MARK:
            raise AuthenticationError(_REVOKED)
        verified = _read_kept(kept)
        if verified is not None:
            self.found["cache"] += 1
            return self._keep(Guest(digest, verified), epoch)
        if network is not None:
            await self._guard.check(network)
        guest = Guest(digest, await self._ask(digest, credential))
        self.found["authority"] += 1
        is_kept = kept != STALE_MARK and await self._share(digest, guest)
        return self._keep(guest, epoch) if is_kept else guest

    async def _ask(self, digest: str, credential: str) -> VerifiedCredential:
        try:
            return await self._authority.verify(credential)
        except AuthenticationError as error:
            self._refused.put(digest, error.message)
            raise

    def _keep(self, guest: Guest, epoch: int) -> Guest:
        if epoch == self._epoch:
            self._guests.put(guest.digest, guest)
        return guest

    async def _share(self, digest: str, guest: Guest) -> bool:
        """Tell the other gateways; False when what was found out may be out of date."""
        ttl_s = min(CREDENTIAL_CACHE_S, self._seconds_left(guest))
        if ttl_s <= 0:
            return False
        key = credential_cache_key(digest)
        verified = VerifiedCredential(principal=guest.principal, expires_at=guest.expires_at)
        try:
            is_first = await self._cache.add(key, verified.model_dump_json().encode(), ttl_s=ttl_s)
            kept = None if is_first else await self._cache.get(key)
        except CacheUnavailableError:
            return True
        if kept == REVOKED_MARK:
            raise AuthenticationError(_REVOKED)
        return kept != STALE_MARK

    def _check_expiry(self, guest: Guest) -> None:
        if guest.expires_at is not None and self._seconds_left(guest) <= 0:
            self._guests.drop(guest.digest)
            raise AuthenticationError(_EXPIRED)

    def _seconds_left(self, guest: Guest) -> float:
        if guest.expires_at is None:
            return CREDENTIAL_CACHE_S
        return (guest.expires_at - self._clock.now()).total_seconds()


def _may_be_good(credential: str) -> bool:
    if credential.startswith(PREFIX):
        return is_well_formed(credential)
    return credential.startswith("eyJ") and credential.count(".") == 2


def _read_kept(kept: bytes | None) -> VerifiedCredential | None:
    if kept is None or kept == STALE_MARK:
        return None
    try:
        return VerifiedCredential.model_validate_json(kept)
    except ValidationError:
        return None
