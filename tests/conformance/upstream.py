"""What every upstream must do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ai4v.ports.upstream import (
    Body,
    Channel,
    ChannelClosedError,
    HandshakeRefusedError,
    Header,
    Upstream,
    UpstreamAnswer,
    UpstreamBrokenError,
    UpstreamRefusedError,
    UpstreamRequest,
)
from tests.support.echo import LARGE_PIECE, LARGE_PIECES, EchoApp
from tests.support.poll import until

_PATIENCE_S = 10.0


class BodyError(Exception):
    """What a body may raise."""


async def read_all(answer: UpstreamAnswer) -> bytes:
    body = b""
    while piece := await answer.read():
        body += piece
    answer.close()
    return body


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class UpstreamConformance:
    """Subclass it with the fixtures `upstream`, `echo` (an `EchoApp`) and `base_url` (its own)."""

    def _ask(
        self,
        base_url: str,
        target: bytes,
        body: Body = b"",
        headers: tuple[Header, ...] = (),
        method: str = "POST",
    ) -> UpstreamRequest:
        return UpstreamRequest(method, base_url, target, [(b"x-kept", b"1"), *headers], body)

    async def test_a_request_arrives_as_it_was_sent(
        self, upstream: Upstream, base_url: str
    ) -> None:
        answer = await upstream.send(self._ask(base_url, b"/echo/a%2Fb?c=%20d", b"body"))
        headers = dict(answer.headers)
        assert answer.status == 200
        assert headers[b"x-method"] == b"POST"
        assert headers[b"x-target"] == b"/echo/a%2Fb?c=%20d"
        assert headers[b"x-seen-x-kept"] == b"1"
        assert headers[b"x-seen-host"] == base_url.removeprefix("http://").encode()
        assert headers[b"x-seen-content-length"] == b"4"
        seen = {name for name in headers if name.startswith(b"x-seen-")}
        assert seen == {b"x-seen-x-kept", b"x-seen-host", b"x-seen-content-length"}
        assert await read_all(answer) == b"body"

    @pytest.mark.parametrize("status", [200, 201, 204, 302, 304, 404, 500, 503])
    async def test_an_answer_comes_as_it_was_given(
        self, upstream: Upstream, base_url: str, status: int
    ) -> None:
        answer = await upstream.send(self._ask(base_url, b"/status/%d" % status, method="GET"))
        assert answer.status == status
        twice = [value for name, value in answer.headers if name == b"x-twice"]
        assert twice == [b"1", b"2"]
        assert (b"content-encoding", b"gzip") in answer.headers
        assert await read_all(answer) == (b"" if status in {204, 304} else b"\x1f\x8b raw")

    async def test_an_answer_to_head_has_no_body(self, upstream: Upstream, base_url: str) -> None:
        for _ in range(3):
            answer = await upstream.send(self._ask(base_url, b"/status/200", method="HEAD"))
            assert dict(answer.headers)[b"content-length"] == b"6"
            assert await read_all(answer) == b""

    async def test_a_body_is_streamed_in_chunks(self, upstream: Upstream, base_url: str) -> None:
        answer = await upstream.send(self._ask(base_url, b"/echo", _pieces(b"one", b"", b"two")))
        assert dict(answer.headers)[b"x-seen-transfer-encoding"] == b"chunked"
        assert await read_all(answer) == b"onetwo"

    async def test_an_announced_length_is_kept(self, upstream: Upstream, base_url: str) -> None:
        length = (b"content-length", b"6")
        request = self._ask(base_url, b"/echo", _pieces(b"one", b"two"), (length,))
        answer = await upstream.send(request)
        headers = dict(answer.headers)
        assert headers[b"x-seen-content-length"] == b"6"
        assert b"x-seen-transfer-encoding" not in headers
        assert await read_all(answer) == b"onetwo"

    async def test_an_answer_may_come_before_the_body_has_ended(
        self, upstream: Upstream, base_url: str
    ) -> None:
        may_go_on = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            await may_go_on.wait()
            yield b"two"

        answer = await upstream.send(self._ask(base_url, b"/early", body()))
        assert await answer.read() == b"early"
        may_go_on.set()
        assert await read_all(answer) == b"onetwo"

    async def test_what_a_body_raises_is_raised(self, upstream: Upstream, base_url: str) -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            raise BodyError

        with pytest.raises(BodyError):
            await read_all(await upstream.send(self._ask(base_url, b"/stall", body())))

    async def test_what_a_body_raises_later_is_raised_by_read(
        self, upstream: Upstream, base_url: str
    ) -> None:
        may_go_on = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            await may_go_on.wait()
            raise BodyError

        answer = await upstream.send(self._ask(base_url, b"/early", body()))
        assert await answer.read() == b"early"
        may_go_on.set()
        with pytest.raises(BodyError):
            await answer.read()
        answer.close()

    async def test_an_answer_that_is_cut_off_is_broken(
        self, upstream: Upstream, base_url: str
    ) -> None:
        answer = await upstream.send(self._ask(base_url, b"/cut", method="GET"))
        with pytest.raises(UpstreamBrokenError):
            await read_all(answer)

    async def test_nobody_listens_elsewhere(self, upstream: Upstream) -> None:
        request = self._ask("http://127.0.0.1:1", b"/echo")
        with pytest.raises(UpstreamRefusedError):
            await upstream.send(request)
        with pytest.raises(UpstreamRefusedError):
            await upstream.connect(request, [])

    async def test_who_cancels_is_gone_for_the_instance(
        self, upstream: Upstream, base_url: str, echo: EchoApp
    ) -> None:
        sending = asyncio.create_task(upstream.send(self._ask(base_url, b"/stall", b"x")))
        async with asyncio.timeout(_PATIENCE_S):
            await echo.has_begun.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await echo.was_left.wait()
        answer = await upstream.send(self._ask(base_url, b"/echo", b"next"))
        assert await read_all(answer) == b"next"

    async def test_an_instance_is_held_back_while_nobody_reads(
        self, upstream: Upstream, base_url: str, echo: EchoApp
    ) -> None:
        answer = await upstream.send(self._ask(base_url, b"/large", method="GET"))
        await self._settle(echo)
        assert echo.sent_pieces < LARGE_PIECES
        assert await read_all(answer) == LARGE_PIECE * LARGE_PIECES

    async def test_a_body_is_held_back_while_the_instance_does_not_read(
        self, upstream: Upstream, base_url: str, echo: EchoApp
    ) -> None:
        given = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal given
            for _ in range(LARGE_PIECES * 4):
                given += 1
                yield LARGE_PIECE

        sending = asyncio.create_task(upstream.send(self._ask(base_url, b"/slow-reader", body())))
        async with asyncio.timeout(_PATIENCE_S):
            await echo.has_begun.wait()
        await self._settle(echo)
        assert given < LARGE_PIECES * 4
        echo.may_read.set()
        assert await read_all(await sending) == b"%d" % (len(LARGE_PIECE) * LARGE_PIECES * 4)

    async def test_a_stream_carries_messages_both_ways(
        self, upstream: Upstream, base_url: str, echo: EchoApp
    ) -> None:
        request = self._ask(base_url, b"/echo/a%2Fb?c=1", method="GET")
        channel = await upstream.connect(request, ["one", "two"])
        assert channel.subprotocol == "two"
        assert await channel.receive() == "/echo/a%2Fb?c=1 1"
        for message in ("नमस्ते", b"\0\xff", "", b"", "x" * 200_000):
            await channel.send(message)
            assert await channel.receive() == message
        await channel.close(4002, "done")
        async with asyncio.timeout(_PATIENCE_S):
            await echo.was_left.wait()
        assert echo.left_with == 4002
        await channel.close(1000, "")
        await self._assert_closed(channel)

    async def test_a_stream_without_subprotocol(self, upstream: Upstream, base_url: str) -> None:
        channel = await upstream.connect(self._ask(base_url, b"/echo", method="GET"), [])
        assert channel.subprotocol is None
        await channel.close(1000, "")

    async def test_a_stream_that_the_instance_refuses(
        self, upstream: Upstream, base_url: str
    ) -> None:
        with pytest.raises(HandshakeRefusedError) as refused:
            await upstream.connect(self._ask(base_url, b"/refuse", method="GET"), [])
        assert refused.value.answer_status == 429

    async def test_a_stream_that_the_instance_closes(
        self, upstream: Upstream, base_url: str
    ) -> None:
        channel = await upstream.connect(self._ask(base_url, b"/leave", method="GET"), [])
        assert await channel.receive() == "last"
        for _ in range(2):
            with pytest.raises(ChannelClosedError) as closed:
                await channel.receive()
            assert (closed.value.code, closed.value.reason) == (4001, "enough")
        with pytest.raises(ChannelClosedError):
            await channel.send("too late")
        await channel.close(1000, "")

    async def test_a_stream_is_held_back_while_nobody_receives(
        self, upstream: Upstream, base_url: str, echo: EchoApp
    ) -> None:
        channel = await upstream.connect(self._ask(base_url, b"/flood", method="GET"), [])
        await self._settle(echo)
        assert echo.sent_pieces < LARGE_PIECES
        for _ in range(LARGE_PIECES):
            assert await channel.receive() == LARGE_PIECE
        with pytest.raises(ChannelClosedError) as closed:
            await channel.receive()
        assert closed.value.code == 1000

    async def _assert_closed(self, channel: Channel) -> None:
        with pytest.raises(ChannelClosedError):
            await channel.receive()
        with pytest.raises(ChannelClosedError):
            await channel.send("x")

    async def _settle(self, echo: EchoApp) -> None:
        """Wait until nothing moves any more."""
        before = -1

        async def is_still() -> bool:
            nonlocal before
            before, previous = echo.sent_pieces, before
            return before == previous

        await until(is_still, timeout_s=_PATIENCE_S)
