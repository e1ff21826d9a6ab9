"""Who listens for revocations goes on after a surprise, and trusts less until then."""

import asyncio

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.contracts.identity import IDENTITY_CHANNEL, VerifiedCredential
from ai4v.services.gateway.door.limit import AddressLimits
from ai4v.services.gateway.door.revocation import RevocationListener
from ai4v.services.gateway.door.verification import CredentialVerifier
from ai4v.services.gateway.record.failure import FailureGuard
from tests.support.simulation import LoopClock, simulate

_FIRST, _SECOND = "a" * 64, "b" * 64


class NoAuthority:
    """Is not asked here."""

    async def verify(self, credential: str) -> VerifiedCredential:
        raise NotImplementedError(credential)


class Believer(CredentialVerifier):
    """Notes what it is told."""

    def __init__(self) -> None:
        clock = LoopClock()
        limits = AddressLimits(
            per_minute=1, sign_ins_per_minute=1, open_per_minute=1, refusals_per_minute=1
        )
        guard = FailureGuard(MemoryRateLimiter(clock), limits)
        super().__init__(MemoryCache(clock), NoAuthority(), guard, clock)
        self.forgotten: list[str] = []
        self.has_heard: list[bool] = []

    def forget(self, digest: str) -> None:
        self.forgotten.append(digest)

    def forget_all(self) -> None:
        self.forgotten.append("all")

    def set_heard(self, *, is_heard: bool) -> None:
        self.has_heard.append(is_heard)


def test_a_surprise_does_not_end_the_listening() -> None:
    async def story() -> None:
        cache, believer = MemoryCache(LoopClock()), Believer()

        def fail_once(digest: str) -> None:
            if digest == _FIRST:
                raise ValueError("a surprise")

        listener = RevocationListener(cache, believer, fail_once)
        listening = asyncio.create_task(listener.run())
        for digest in (_FIRST, _SECOND):
            await asyncio.sleep(1)
            await cache.publish(IDENTITY_CHANNEL, b"malformed")
            await cache.publish(IDENTITY_CHANNEL, digest.encode())
        await asyncio.sleep(1)
        assert believer.forgotten == ["all", _FIRST, "all", _SECOND]
        assert believer.has_heard == [False, True, False, True]
        listening.cancel()
        await asyncio.wait([listening])
        assert listening.cancelled()
        assert not believer.has_heard[-1]

    simulate(story())
