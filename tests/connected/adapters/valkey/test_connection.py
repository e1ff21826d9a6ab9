"""A connection in bad times: the server is killed, stands still, restarts; callers give up."""

import asyncio
import time

import pytest

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ConnectionLimits, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.ports.cache import CacheUnavailableError
from ai4v.ports.ratelimit import RateLimiterUnavailableError
from ai4v.ports.registry import RegistryUnavailableError
from tests.conformance.ratelimit import MINUTE, take
from tests.conformance.registry import ASR_1
from tests.support.poll import until
from tests.support.valkey import PATIENT, ValkeyServer

pytestmark = pytest.mark.connected

_QUICK = ConnectionLimits(timeout_s=0.25, probe_s=0.1, quiet_s=0.2)
_STEADY = ConnectionLimits(timeout_s=0.25, max_failures=1_000_000)
"""Never counts as down, so that every call goes to the network."""
_SLACK_S = 2.0
"""What a busy machine may add to a time; what must not happen takes for ever."""


async def _is_up(connection: ValkeyConnection) -> bool:
    return not connection.is_down


async def _fail(cache: ValkeyCache) -> float:
    """Ping in vain and return the seconds it took."""
    started_s = time.monotonic()
    with pytest.raises(CacheUnavailableError):
        await cache.ping()
    return time.monotonic() - started_s


async def _bring_down(connection: ValkeyConnection) -> None:
    cache = ValkeyCache(connection)
    for _ in range(_QUICK.max_failures):
        assert await _fail(cache) < _QUICK.timeout_s + _SLACK_S
    assert connection.is_down


async def test_every_port_says_unavailable(own_valkey_server: ValkeyServer) -> None:
    own_valkey_server.kill()
    async with ValkeyConnection(own_valkey_server.url, _STEADY) as connection:
        cache, registry = ValkeyCache(connection), ValkeyRegistry(connection)
        for call in (
            cache.get("key"),
            cache.put("key", b"value", ttl_s=1),
            cache.add("key", b"value", ttl_s=1),
            cache.delete("key"),
            cache.publish("channel", b"message"),
            cache.ping(),
        ):
            with pytest.raises(CacheUnavailableError):
                await call
        for call in (registry.register(ASR_1, lease_s=1), registry.deregister(ASR_1)):
            with pytest.raises(RegistryUnavailableError):
                await call
        with pytest.raises(RegistryUnavailableError):
            await registry.instances("asr")
        with pytest.raises(RegistryUnavailableError):
            async with registry.changes():
                pass
        with pytest.raises(CacheUnavailableError):
            async with cache.subscribe("channel"):
                pass
        with pytest.raises(RateLimiterUnavailableError):
            await take(ValkeyRateLimiter(connection), "a", MINUTE)


async def test_a_wrong_password_is_unavailable(valkey_server: ValkeyServer) -> None:
    url = f"valkey://:wrong@127.0.0.1:{valkey_server.port}/0"
    async with ValkeyConnection(url, PATIENT) as connection:
        with pytest.raises(CacheUnavailableError):
            await ValkeyCache(connection).ping()


async def test_a_refused_command_is_unavailable_and_the_store_is_not_down(
    valkey: ValkeyConnection,
) -> None:
    for _ in range(PATIENT.max_failures + 1):
        with pytest.raises(CacheUnavailableError, match="refused"):
            await valkey.execute(CacheUnavailableError, "NO-SUCH-COMMAND")
    assert not valkey.is_down


async def test_a_restart_costs_no_call(own_valkey_server: ValkeyServer) -> None:
    async with ValkeyConnection(own_valkey_server.url, PATIENT) as connection:
        cache = ValkeyCache(connection)
        await asyncio.gather(*(cache.put(str(n), b"value", ttl_s=60) for n in range(20)))
        own_valkey_server.stop()
        await own_valkey_server.start()
        values = await asyncio.gather(*(cache.get(str(n)) for n in range(20)))
        assert values == [b"value"] * 20


async def test_a_killed_server_fails_fast_and_is_found_again(
    own_valkey_server: ValkeyServer,
) -> None:
    async with ValkeyConnection(own_valkey_server.url, _QUICK) as connection:
        await ValkeyCache(connection).ping()
        own_valkey_server.kill()
        await _bring_down(connection)
        await own_valkey_server.start()
        await until(lambda: _is_up(connection), timeout_s=10)
        await ValkeyCache(connection).ping()


async def test_a_server_that_stands_still_costs_three_timeouts(
    own_valkey_server: ValkeyServer,
) -> None:
    async with ValkeyConnection(own_valkey_server.url, _QUICK) as connection:
        cache = ValkeyCache(connection)
        await cache.ping()
        own_valkey_server.pause()
        await _bring_down(connection)
        started_s = time.monotonic()
        for _ in range(1_000):
            await _fail(cache)
        assert time.monotonic() - started_s < _SLACK_S
        own_valkey_server.resume()
        await until(lambda: _is_up(connection), timeout_s=10)
        await cache.ping()


async def test_a_new_connection_to_a_server_that_stands_still_fails_in_time(
    own_valkey_server: ValkeyServer,
) -> None:
    own_valkey_server.pause()
    async with ValkeyConnection(own_valkey_server.url, _STEADY) as connection:
        cache = ValkeyCache(connection)
        took_s = await asyncio.gather(*(_fail(cache) for _ in range(100)))
        assert max(took_s) < _STEADY.timeout_s + _SLACK_S
        with pytest.raises(CacheUnavailableError):
            async with cache.subscribe("channel"):
                pass
    own_valkey_server.resume()


@pytest.mark.parametrize("harm", ["kill", "pause"])
async def test_a_listener_learns_that_the_store_is_lost(
    own_valkey_server: ValkeyServer, harm: str
) -> None:
    async with ValkeyConnection(own_valkey_server.url, _QUICK) as connection:
        async with ValkeyCache(connection).subscribe("channel") as messages:
            if harm == "kill":
                own_valkey_server.kill()
            else:
                own_valkey_server.pause()
            for _ in range(2):
                with pytest.raises(CacheUnavailableError):
                    async with asyncio.timeout(10):
                        await anext(messages)
        if harm == "pause":
            own_valkey_server.resume()


async def test_a_listener_survives_silence(valkey_server: ValkeyServer, namespace: str) -> None:
    limits = ConnectionLimits(timeout_s=5, connect_timeout_s=5, quiet_s=0.02)
    async with ValkeyConnection(valkey_server.url, limits) as connection:
        cache = ValkeyCache(connection, namespace=namespace)
        async with cache.subscribe("channel") as messages:
            heard = asyncio.ensure_future(anext(messages))
            await asyncio.wait([heard], timeout=0.3)
            await cache.publish("channel", b"at last")
            assert await asyncio.wait_for(heard, 5) == b"at last"


async def test_limits_go_on_without_the_store_and_come_back(
    own_valkey_server: ValkeyServer,
) -> None:
    async with ValkeyConnection(own_valkey_server.url, _QUICK) as connection:
        limiter = FallbackRateLimiter(ValkeyRateLimiter(connection), MemoryRateLimiter())
        await take(limiter, "a", MINUTE, cost=4)
        own_valkey_server.kill()
        decisions = [await take(limiter, "a", MINUTE) for _ in range(6)]
        assert [decision.is_allowed for decision in decisions] == [True] + [False] * 5
        assert limiter.is_degraded
        await own_valkey_server.start()
        await until(lambda: _is_up(connection), timeout_s=10)
        assert (await take(limiter, "b", MINUTE)).remaining == 4
        assert not limiter.is_degraded


async def test_what_was_kept_survives_a_kill(own_valkey_server: ValkeyServer) -> None:
    async with ValkeyConnection(own_valkey_server.url, _STEADY) as connection:
        cache = ValkeyCache(connection)
        await cache.put("key", b"value", ttl_s=60)
        await connection.execute(CacheUnavailableError, "WAITAOF", 1, 0, 0)
        own_valkey_server.kill()
        await own_valkey_server.start()
        assert await cache.get("key") == b"value"
