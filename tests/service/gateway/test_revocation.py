import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.contracts.identity import (
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    STALE_MARK,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.ports.cache import CacheUnavailableError
from tests.service.gateway.echo import make_router
from tests.service.gateway.house import (
    ADMIN,
    ASR,
    KEY,
    House,
    make_key,
    make_service,
    open_house,
    settle,
)
from tests.support.poll import until

DIGEST = hash_credential(KEY)
PLACE = credential_cache_key(DIGEST)


class CutCache(MemoryCache):
    """A cache whose messages can be cut off; everything else goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.cuts: set[asyncio.Event] = set()
        self.is_cut = False
        self.asked = 0

    async def get(self, key: str) -> bytes | None:
        self.asked += key.startswith("credential:")
        return await super().get(key)

    def cut(self) -> None:
        self.is_cut = True
        for event in self.cuts:
            event.set()

    @asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[AsyncIterator[bytes]]:
        if self.is_cut:
            raise CacheUnavailableError("cut")
        event = asyncio.Event()
        self.cuts.add(event)
        async with super().subscribe(channel) as messages:
            yield _until(event, messages)
        self.cuts.discard(event)


async def _until(event: asyncio.Event, messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    ended = asyncio.create_task(event.wait())
    while True:
        following = asyncio.ensure_future(anext(messages))
        await asyncio.wait((ended, following), return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            following.cancel()
            raise CacheUnavailableError("cut")
        yield following.result()


@asynccontextmanager
async def open_echo(cache: MemoryCache) -> AsyncIterator[House]:
    async with open_house(cache=cache) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        yield house


async def test_a_known_key_is_not_asked_for_again_at_once() -> None:
    cache = CutCache()
    async with open_echo(cache) as house:
        await house.ask()
        asked = cache.asked
        for _ in range(3):
            await house.ask()
        assert cache.asked == asked
        house.clock.advance(5)
        await house.ask()
        assert cache.asked == asked + 1


async def test_while_the_push_is_cut_a_key_is_believed_for_a_second() -> None:
    cache = CutCache()
    async with open_echo(cache) as house:
        assert (await house.ask()).status_code == 200
        cache.cut()
        await settle()
        await house.shared.put(PLACE, REVOKED_MARK, ttl_s=300)
        house.clock.advance(1)
        assert (await house.ask()).status_code == 401


async def test_what_was_missed_while_the_push_was_cut_is_not_believed() -> None:
    cache = CutCache()
    async with open_echo(cache) as house:
        assert (await house.ask()).status_code == 200
        cache.cut()
        await house.shared.put(PLACE, REVOKED_MARK, ttl_s=300)
        cache.is_cut = False

        async def is_refused() -> bool:
            return (await house.ask()).status_code == 401

        await until(is_refused, timeout_s=5)


async def test_a_change_is_asked_for_and_not_kept_under_the_mark() -> None:
    cache = MemoryCache()
    async with open_echo(cache) as house:
        assert (await house.ask(path="/api/v1/status")).text.count("address") == 0
        house.authority.known[KEY] = VerifiedCredential(principal=ADMIN)
        await house.shared.put(PLACE, STALE_MARK, ttl_s=5)
        await house.shared.publish(IDENTITY_CHANNEL, DIGEST.encode())
        await settle()
        assert ASR in (await house.ask(path="/api/v1/status")).text
        assert await house.shared.get(PLACE) == STALE_MARK
        assert house.authority.asked == [KEY, KEY]


async def test_a_revocation_while_the_key_is_looked_up_wins() -> None:
    cache = MemoryCache()
    async with open_echo(cache) as house:
        house.authority.gate.clear()
        asking = asyncio.create_task(house.ask())
        while not house.authority.asked:
            await settle()
        await house.shared.publish(IDENTITY_CHANNEL, DIGEST.encode())
        await settle()
        house.authority.gate.set()
        assert (await asking).status_code == 200
        await house.shared.put(PLACE, REVOKED_MARK, ttl_s=300)
        assert (await house.ask()).status_code == 401


async def test_nonsense_on_the_channel_harms_nobody() -> None:
    cache = MemoryCache()
    async with open_echo(cache) as house:
        for message in (b"", b"\xff" * 64, b"x" * 10_000):
            await house.shared.publish(IDENTITY_CHANNEL, message)
        await settle()
        assert (await house.ask()).status_code == 200


async def test_what_cannot_be_a_key_is_not_asked_for() -> None:
    cache = CutCache()
    async with open_echo(cache) as house:
        mistyped = KEY[:-1] + ("0" if KEY[-1] != "0" else "1")
        for key in ("a4v_", mistyped, "password", "eyJ.x", "a.b.c"):
            assert (await house.ask(key=key)).status_code == 401
        assert (house.authority.asked, cache.asked) == ([], 0)


async def test_an_address_that_tries_keys_is_stopped() -> None:
    async with open_house(settings={"refusals_per_minute": 3}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        assert (await house.ask()).status_code == 200
        statuses = [(await house.ask(key=make_key(f"try{n}"))).status_code for n in range(6)]
        assert statuses == [401, 401, 401, 429, 429, 429]
        assert len(house.authority.asked) == 4
        assert (await house.ask()).status_code == 200
        house.outside.peer = "203.0.113.10"
        assert (await house.ask(key=make_key("try0"))).status_code == 401


async def test_where_keys_were_found_is_counted() -> None:
    async with open_echo(MemoryCache()) as house:
        for _ in range(3):
            await house.ask()
        house.clock.advance(5)
        await house.ask()
        text = await house.metrics()
        for layer, number in (("process", 2), ("cache", 1), ("authority", 1)):
            line = f'ai4v_gateway_credentials_found_total{{layer="{layer}"}} {number}.0'
            assert line in text
