"""Streams are told, and waited for."""

import asyncio

from ai4v.kit.drain import Drain
from ai4v.kit.health import HealthMonitor


async def test_who_waits_is_told_once_it_begins() -> None:
    drain = Drain()
    waiting = asyncio.ensure_future(drain.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert not drain.is_draining
    drain.begin()
    await waiting
    assert drain.is_draining


async def test_it_is_idle_when_the_last_stream_has_ended() -> None:
    drain = Drain()
    await drain.wait_until_idle()
    with drain.stream():
        with drain.stream():
            assert drain.streams == 2
        waiting = asyncio.ensure_future(drain.wait_until_idle())
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
    assert drain.streams == 0


async def test_a_service_that_drains_is_not_ready() -> None:
    health = HealthMonitor("asr")
    assert await health.is_ready()
    health.begin_drain()
    await health.wait_for_drain()
    assert health.drain.is_draining
    assert not await health.is_ready()
