"""What a service's client tells the balancer, and when it asks somebody else."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from pydantic import BaseModel

from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError, UpstreamError
from ai4v.kit.balance import BalancePolicy, Balancer, Failure, SilentObserver, Strategy
from ai4v.kit.client import ServiceClient
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import RelayedToken
from ai4v.ports.registry import Instance
from tests.support.clock import ManualClock
from tests.support.fleet import Servers

_A, _B = "asr-0", "asr-1"
_Handler = Callable[[httpx2.Request], httpx2.Response]


class _Question(BaseModel):
    text: str = "?"


class _Notes(SilentObserver):
    def __init__(self) -> None:
        self.ejections: list[tuple[str, Failure]] = []

    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        assert duration_s > 0
        self.ejections.append((instance.instance_id, cause))


class _Scene:
    """A client of two instances that answer as `handler` does; they are asked in turn."""

    def __init__(self, handler: _Handler, count: int = 2, most_bytes: int = 1_000) -> None:
        self.notes = _Notes()
        self.clock = ManualClock()
        self.balancer = Balancer(
            Servers("asr", count),
            self.clock,
            policy=BalancePolicy(strategy=Strategy.ROUND_ROBIN),
            observer=self.notes,
        )
        self.client = ServiceClient(
            "asr",
            balancer=self.balancer,
            signer=RelayedToken("token"),
            http=httpx2.AsyncClient(transport=httpx2.MockTransport(handler)),
            most_bytes=most_bytes,
        )

    async def ask(self, timeout_s: float = 5) -> int:
        answer = await self.client.post("/inference", _Question(), deadline=Deadline(timeout_s))
        return answer.status

    @property
    def outstanding(self) -> int:
        return sum(state.outstanding for state in self.balancer.states())


def _answer(status: int) -> httpx2.Response:
    return httpx2.Response(status, stream=httpx2.ByteStream(b""))


async def test_one_that_refuses_is_left_out_and_another_is_asked() -> None:
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        if request.url.host == _A:
            raise httpx2.ConnectError("refused")
        return _answer(200)

    scene = _Scene(handle)
    assert [await scene.ask() for _ in range(4)] == [200] * 4
    assert asked == [_A, _B, _B, _B, _B]
    assert scene.notes.ejections == [(_A, Failure.REFUSED)]
    assert scene.outstanding == 0


async def test_the_only_one_is_asked_once() -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    scene = _Scene(handle, count=1)
    with pytest.raises(ServiceUnavailableError):
        await scene.ask()
    assert scene.outstanding == 0


async def test_bad_answers_are_told() -> None:
    scene = _Scene(lambda request: _answer(500 if request.url.host == _A else 200))
    for _ in range(10):
        await scene.ask()
    assert scene.notes.ejections == [(_A, Failure.ERROR)]


@pytest.mark.parametrize(
    ("error", "raised", "cause"),
    [
        (httpx2.ReadError("cut"), UpstreamError, Failure.BROKEN),
        (httpx2.ReadTimeout("slow"), DeadlineExceededError, Failure.TIMEOUT),
    ],
)
async def test_what_was_sent_is_not_sent_again(
    error: httpx2.HTTPError, raised: type[Exception], cause: Failure
) -> None:
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        scene.clock.advance(2)
        raise error

    scene = _Scene(handle, count=1)
    for _ in range(5):
        with pytest.raises(raised):
            await scene.ask()
    assert len(asked) == 5
    assert scene.notes.ejections == [(_A, cause)]
    assert scene.outstanding == 0


async def test_what_goes_wrong_here_blames_nobody() -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError

    scene = _Scene(handle)
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            await scene.ask()
    assert not scene.notes.ejections
    assert scene.outstanding == 0


class _Endless(httpx2.AsyncByteStream):
    """An answer that goes on and on."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.sent = 0
        self.is_closed = False
        self._pause_s = pause_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self._pause_s)
            self.sent += 100
            yield b"x" * 100

    async def aclose(self) -> None:
        self.is_closed = True


async def test_an_answer_without_end_is_broken_off() -> None:
    answer = _Endless()
    scene = _Scene(lambda _request: httpx2.Response(200, stream=answer), count=1)
    with pytest.raises(UpstreamError, match="too much"):
        await scene.ask()
    assert (answer.sent, answer.is_closed, scene.outstanding) == (1_100, True, 0)


async def test_an_answer_that_trickles_meets_the_deadline() -> None:
    answer = _Endless(pause_s=0.01)
    scene = _Scene(lambda _request: httpx2.Response(200, stream=answer), most_bytes=1 << 30)
    with pytest.raises(DeadlineExceededError):
        await scene.ask(timeout_s=0.1)
    assert answer.is_closed
    assert scene.outstanding == 0


async def test_an_answer_is_not_unpacked() -> None:
    packed = gzip.compress(b"x" * 100_000)

    def handle(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["accept-encoding"] == "identity"
        headers = {"content-encoding": "gzip"}
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(packed))

    scene = _Scene(handle)
    reply = await scene.client.post("/inference", _Question(), deadline=Deadline(5))
    assert reply.content == packed
