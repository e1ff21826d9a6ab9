"""One connection, many callers: each gets its own answer or none, whatever is in between."""

import asyncio
import random
from pathlib import Path

import pytest

from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ConnectionLimits, ValkeyConnection
from ai4v.ports.cache import CacheUnavailableError
from tests.support.authority import Authority
from tests.support.chaos.figure import tell
from tests.support.proxy import slow_proxy
from tests.support.tcp import tcp_server
from tests.support.valkey import PATIENT, ValkeyServer

pytestmark = pytest.mark.connected


class _Callers:
    """Ask for values, some of them without the patience to wait."""

    def __init__(self, cache: ValkeyCache, seed: int) -> None:
        self.answered = 0
        self.given_up = 0
        self._cache = cache
        self._randomness = random.Random(seed)  # noqa: S311 - not for secrets

    async def ask(self, count: int) -> None:
        """Ask so many times, giving up or being cancelled at random moments."""
        for n in range(count):
            key = self._randomness.randrange(20)
            patience_s = self._randomness.uniform(0, 0.06)
            answer = await (self._time_out if n % 2 else self._cancel)(str(key), patience_s)
            if answer is None:
                self.given_up += 1
            else:
                assert answer == f"value of {key}".encode()
                self.answered += 1

    async def _time_out(self, key: str, patience_s: float) -> bytes | None:
        try:
            async with asyncio.timeout(patience_s):
                return await self._cache.get(key)
        except TimeoutError:
            return None

    async def _cancel(self, key: str, patience_s: float) -> bytes | None:
        task = asyncio.ensure_future(self._cache.get(key))
        await asyncio.wait([task], timeout=patience_s)
        task.cancel()
        await asyncio.wait([task])
        return None if task.cancelled() else task.result()


async def test_no_caller_gets_anothers_answer(valkey_server: ValkeyServer, namespace: str) -> None:
    """Clients have left a cancelled caller's answer to the next one (redis-py #2624, #2665)."""
    seed = 35
    limits = ConnectionLimits(timeout_s=5, connect_timeout_s=5)
    async with slow_proxy(valkey_server.port, delay_s=0.025) as port:
        url = valkey_server.url.replace(f":{valkey_server.port}", f":{port}")
        async with ValkeyConnection(url, limits) as connection:
            cache = ValkeyCache(connection, namespace=namespace)
            for n in range(20):
                await cache.put(str(n), f"value of {n}".encode(), ttl_s=600)
            callers = _Callers(cache, seed)
            await asyncio.gather(*(callers.ask(80) for _ in range(50)))
            assert await cache.get("7") == b"value of 7"
    tell(
        "R35",
        seed=seed,
        given_up=callers.given_up,
        answered=callers.answered,
        mixed_up=0,
    )
    assert callers.answered > 500
    assert callers.given_up >= 1_500


async def test_callers_who_leave_while_it_connects_harm_no_other(
    valkey_server: ValkeyServer,
) -> None:
    async with slow_proxy(valkey_server.port, delay_s=0.05) as port:
        url = valkey_server.url.replace(f":{valkey_server.port}", f":{port}")
        async with ValkeyConnection(url, PATIENT) as connection:
            calls = [asyncio.create_task(ValkeyCache(connection).ping()) for _ in range(10)]
            await asyncio.sleep(0)
            for call in calls[:9]:
                call.cancel()
            await calls[9]


async def test_an_answer_that_is_none_of_the_protocol_is_unavailable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with (
        tcp_server(answer) as port,
        ValkeyConnection(f"valkey://127.0.0.1:{port}", PATIENT) as connection,
    ):
        with pytest.raises(CacheUnavailableError):
            await ValkeyCache(connection).ping()


async def test_over_tls(valkey_server: ValkeyServer, tmp_path: Path, namespace: str) -> None:
    authority = Authority(tmp_path)
    tls = authority.server("127.0.0.1")
    async with slow_proxy(valkey_server.port, delay_s=0, tls=tls) as port:
        plain = valkey_server.url.replace(f":{valkey_server.port}", f":{port}")
        url = plain.replace("valkey://", "valkeys://")
        async with ValkeyConnection(f"{url}?ca={authority.root_file()}", PATIENT) as connection:
            cache = ValkeyCache(connection, namespace=namespace)
            await cache.put("key", b"value", ttl_s=60)
            assert await cache.get("key") == b"value"
        async with ValkeyConnection(url, PATIENT) as connection:
            with pytest.raises(CacheUnavailableError):
                await ValkeyCache(connection).ping()
