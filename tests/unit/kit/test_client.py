"""What a service's client tells the balancer, and when it asks somebody else."""

from collections.abc import Callable

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

    def __init__(self, handler: _Handler, count: int = 2) -> None:
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
        )

    async def ask(self) -> int:
        answer = await self.client.post("/inference", _Question(), deadline=Deadline(5))
        return answer.status_code

    @property
    def outstanding(self) -> int:
        return sum(state.outstanding for state in self.balancer.states())


async def test_one_that_refuses_is_left_out_and_another_is_asked() -> None:
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        if request.url.host == _A:
            raise httpx2.ConnectError("refused")
        return httpx2.Response(200)

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
    scene = _Scene(lambda request: httpx2.Response(500 if request.url.host == _A else 200))
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
