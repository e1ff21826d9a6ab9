"""R11 drain, R13 backpressure, R14 limits of WebSockets: one gateway, two echoing replicas."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.chaos.figure import tell
from tests.support.chaos.history import percentile
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import IS_FULL, choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_PATH = "/api/v1/asr/stream"
_MIB = 2**20
_PARTIAL_S = 0.1
"""What a partial result of speech takes at least, without us."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 1, "asr": 2}) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key(town: Town) -> str:
    return (await town.make_key(await town.sign_in()))[1]


def _open(town: Town, key: str, *, max_queue: int = 16) -> connect:
    url = town.address("gateway").replace("http", "ws") + _PATH
    headers = {"authorization": f"Bearer {key}"}
    return connect(url, additional_headers=headers, compression=None, max_queue=max_queue)


class Talker:
    """Says numbered things, and goes on elsewhere when told that the stream is going away."""

    def __init__(self, town: Town, key: str) -> None:
        self._town = town
        self._key = key
        self.heard: list[int] = []
        self.codes: list[int] = []
        self.was_told = 0

    async def talk(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            async with _open(self._town, self._key) as stream:
                await self._talk_here(stream, ended)

    async def _talk_here(self, stream: ClientConnection, ended: asyncio.Event) -> None:
        try:
            while not ended.is_set():
                said = len(self.heard)
                await stream.send(json.dumps({"segment": said}))
                message = json.loads(await stream.recv())
                if message.get("type") == "going_away":
                    self.was_told += 1
                    message = json.loads(await stream.recv())
                self.heard.append(message["segment"])
                await asyncio.sleep(0.05)
        except ConnectionClosed as closed:
            self.codes.append(closed.rcvd.code if closed.rcvd else 1006)


async def test_r11_replica_that_ends_lets_everything_finish(town: Town, key: str) -> None:
    await town.behave("asr", delay_s=0.5)
    await town.behave("asr-2", delay_s=0.5)
    callers = Callers([town.address("gateway")], key, path="/api/v1/asr/inference")
    ended = asyncio.Event()
    talkers = [Talker(town, key) for _ in range(choose(8, 20))]
    talking = [asyncio.create_task(talker.talk(ended)) for talker in talkers]
    calling = asyncio.create_task(callers.busy(callers=choose(20, 50), until=ended.is_set))
    await asyncio.sleep(1.5)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for name in ("asr", "asr-2"):  # one of them has the streams of this key
        await town.restart(name)
    took_s = loop.time() - began
    await asyncio.sleep(1.0)
    ended.set()
    history = await calling
    await asyncio.gather(*talking)
    codes = {code for talker in talkers for code in talker.codes}
    told = sum(talker.was_told > 0 for talker in talkers)
    tell(
        "R11",
        http=float(len(history.operations)),
        http_failed=float(len(history.operations) - history.count_ok),
        streams_told=float(told),
        restart_s=took_s,
    )
    assert history.success == 1.0
    assert codes <= {1001, 1012}
    assert codes
    assert told > 0
    for talker in talkers:
        assert talker.heard == list(range(len(talker.heard)))


async def test_r13_slow_reader_costs_little_and_harms_nobody(town: Town, key: str) -> None:
    gateway = town.process("gateway")
    calm = await _time_echoes(town, key)
    before = gateway.memory_info().rss
    piece = b"x" * 32_768
    slow = [_open(town, key, max_queue=1) for _ in range(choose(10, 50))]
    streams = [await opening for opening in slow]
    shouting = [asyncio.create_task(_shout(stream, piece)) for stream in streams]
    await asyncio.sleep(1.0)
    beside = await _time_echoes(town, key)
    grown = gateway.memory_info().rss - before
    for task in shouting:
        task.cancel()
    await asyncio.gather(*shouting, return_exceptions=True)
    await asyncio.gather(*(stream.close() for stream in streams), return_exceptions=True)
    tell(
        "R13",
        slow=float(len(streams)),
        grown_mib=grown / _MIB,
        calm_p50_ms=calm * 1000,
        beside_p50_ms=beside * 1000,
    )
    assert grown < 64 * _MIB
    if IS_FULL:
        assert beside <= calm + 0.2 * _PARTIAL_S


async def _time_echoes(town: Town, key: str) -> float:
    """Return the seconds that half of the echoes took at most."""
    waits = []
    loop = asyncio.get_running_loop()
    async with _open(town, key) as stream:
        for number in range(choose(20, 100)):
            began = loop.time()
            await stream.send(str(number))
            assert await stream.recv() == str(number)
            waits.append(loop.time() - began)
    return percentile(waits, 0.5)


async def _shout(stream: ClientConnection, piece: bytes) -> None:
    """Send without ever reading an answer, until nobody takes it any more."""
    while True:
        await stream.send(piece)


async def _send_until_closed(stream: ClientConnection, message: bytes, times: int) -> None:
    for _ in range(times):
        await stream.send(message)
    while True:
        await stream.recv()


async def test_r14_message_over_the_limit_closes_with_1009(town: Town, key: str) -> None:
    gateway = town.process("gateway")
    before = gateway.memory_info().rss
    async with _open(town, key) as stream:
        with pytest.raises(ConnectionClosed) as closed:
            await _send_until_closed(stream, b"x" * 100_000_000, 1)
    grown = gateway.memory_info().rss - before
    tell("R14 frame", grown_mib=grown / _MIB)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    assert grown < 64 * _MIB


async def test_r14_flood_of_tiny_frames_closes_with_1008(town: Town, key: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with _open(town, key) as stream:
        with pytest.raises(ConnectionClosed) as closed:
            await _send_until_closed(stream, b"x", 200_000)
    tell("R14 flood", closed_after_s=loop.time() - began)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
