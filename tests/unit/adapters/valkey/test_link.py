"""Replies find their callers, whoever has left and whatever the server sends."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from ai4v.adapters.valkey.command import pack
from ai4v.adapters.valkey.link import Link


class _Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self._link = link

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    @override
    def abort(self) -> None:
        asyncio.get_running_loop().call_soon(self._link.connection_lost, None)


def _link(*, timeout_s: float = 60, max_pending: int = 100) -> tuple[Link, _Transport]:
    link = Link(timeout_s=timeout_s, max_pending=max_pending)
    transport = _Transport(link)
    link.connection_made(transport)
    return link, transport


def _feed(link: Link, content: bytes, cuts: Sequence[int] = ()) -> None:
    ends = [*sorted(min(cut, len(content)) for cut in cuts), len(content)]
    for first, last in zip([0, *ends], ends, strict=False):
        link.data_received(content[first:last])


async def test_what_is_asked_in_one_turn_is_sent_at_once() -> None:
    link, transport = _link()
    asked = [link.ask(pack("GET", str(n))) for n in range(3)]
    await asyncio.sleep(0)
    assert transport.writes == [b"".join(pack("GET", str(n)) for n in range(3))]
    _feed(link, b"+a\r\n:1\r\n$-1\r\n")
    assert [await each for each in asked] == [b"a", 1, None]


@given(
    leavers=st.sets(st.integers(0, 19)),
    cuts=st.lists(st.integers(0, 120), max_size=10),
    turns=st.lists(st.integers(1, 5), min_size=20, max_size=20),
)
async def test_nobody_gets_the_answer_of_one_who_left(
    leavers: set[int], cuts: list[int], turns: list[int]
) -> None:
    link, _ = _link()
    asked = [link.ask(pack("GET", str(n))) for n in range(20)]
    for n in leavers:
        asked[n].cancel()
    _feed(link, b"".join(b"+%d\r\n" % n for n in range(20)), cuts)
    for n, each in enumerate(asked):
        assert each.cancelled() if n in leavers else each.result() == b"%d" % n
    assert link.is_open
    link.abort()


@pytest.mark.parametrize("content", [b"nonsense\r\n", b"+one\r\n+two\r\n", b"*2\r\n?"])
async def test_what_does_not_fit_ends_the_connection(content: bytes) -> None:
    link, _ = _link()
    first = link.ask(pack("PING"))
    _feed(link, content)
    assert not link.is_open
    await link.closed
    if content.startswith(b"+one"):
        assert await first == b"one"
    else:
        with pytest.raises(ConnectionError):
            await first
    with pytest.raises(ConnectionError):
        await link.ask(pack("PING"))


async def test_a_server_that_closes_fails_all_who_wait() -> None:
    link, _ = _link()
    asked = [link.ask(pack("PING")) for _ in range(3)]
    link.connection_lost(None)
    for each in asked:
        with pytest.raises(ConnectionError):
            await each


async def test_no_answer_in_time() -> None:
    link, _ = _link(timeout_s=0.002)
    first = link.ask(pack("GET", "1"))
    with pytest.raises(TimeoutError):
        await first
    second = link.ask(pack("GET", "2"))
    _feed(link, b"+1\r\n+2\r\n")
    assert await second == b"2"
    link.abort()


async def test_calls_under_way_are_bounded() -> None:
    link, _ = _link(max_pending=2)
    asked = [link.ask(pack("PING")) for _ in range(2)]
    asked[0].cancel()
    with pytest.raises(ConnectionError, match="too many"):
        await link.ask(pack("PING"))
    _feed(link, b"+PONG\r\n")
    third = link.ask(pack("PING"))
    link.abort()
    for each in (asked[1], third):
        with pytest.raises(ConnectionError):
            await each


async def test_a_diverted_link_gives_away_all_it_hears() -> None:
    link, _ = _link()
    heard: list[object] = []
    link.divert(heard.append)
    _feed(link, b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n")
    assert heard == [[b"message", b"c", b"hi"]]
    link.abort()
