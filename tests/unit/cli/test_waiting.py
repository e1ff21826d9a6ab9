"""What is asked again while the gateway is busy, and when that ends."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from ai4v.cli.client import Gateway, Upload
from ai4v.cli.exchange import RefusalError
from ai4v.cli.patience import Patience
from ai4v.contracts.auth import AccessToken

_DONE = {"access_token": "t", "expires_in": 60}
_Call = Callable[[Gateway], object]


class _Busy:
    """Sends callers away a number of times; time passes only while they wait."""

    def __init__(self, refusals: int, *, status: int = 429, retry_after: str | None = "2") -> None:
        self.seen: list[tuple[float, httpx2.Headers, bytes]] = []
        self._left = refusals
        self._status = status
        self._retry_after = retry_after
        self._now_s = 0.0

    def gateway(self, limit_s: float = 300.0) -> Gateway:
        http = httpx2.Client(
            transport=httpx2.MockTransport(self._answer), base_url="http://gateway"
        )
        return Gateway(http, Patience(limit_s, clock=lambda: self._now_s, sleep=self._sleep))

    def keys(self) -> Iterator[str | None]:
        for _, headers, _ in self.seen:
            yield headers.get("idempotency-key")

    def _sleep(self, seconds: float) -> None:
        self._now_s += seconds

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append((self._now_s, httpx2.Headers(request.headers), request.read()))
        if len(self.seen) > self._left:
            return httpx2.Response(200, json=_DONE)
        headers = {"retry-after": self._retry_after} if self._retry_after else {}
        detail = {"code": "RATE_LIMIT_EXCEEDED", "message": "too many", "requestId": "r"}
        return httpx2.Response(self._status, json={"detail": detail}, headers=headers)


_POSTS: tuple[_Call, ...] = (
    lambda gateway: gateway.ask("POST", "/keys", AccessToken, body={"name": "x"}),
    lambda gateway: gateway.work("/tts", {"input": []}, AccessToken),
    lambda gateway: gateway.tell("POST", "/logout", {}),
    lambda gateway: gateway.upload("/asr", Upload("a.wav", b"RIFF"), {"x": "y"}, AccessToken),
)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", _POSTS)
def test_a_call_is_made_again_with_a_key_of_its_own(call: _Call, status: int) -> None:
    busy = _Busy(2, status=status)
    call(busy.gateway())
    call(busy.gateway())
    first, second, third, another = busy.keys()
    assert first is None
    assert second is not None
    assert second == third
    assert len(second) >= 43
    assert another is None
    times, _, bodies = zip(*busy.seen[:3], strict=True)
    assert 2 <= times[1] <= 3
    assert 2 <= times[2] - times[1] <= 4
    assert len(set(bodies)) == 1


def test_what_is_no_post_needs_no_key() -> None:
    busy = _Busy(1)
    busy.gateway().ask("GET", "/keys", AccessToken)
    assert list(busy.keys()) == [None, None]


def test_the_deadline_of_a_repeated_call_is_what_is_left() -> None:
    busy = _Busy(1, retry_after="100")
    busy.gateway().work("/tts", {}, AccessToken)
    first, second = (int(headers["x-request-timeout-ms"]) for _, headers, _ in busy.seen)
    assert first == 300_000
    assert 199_000 <= second <= 200_000


def test_a_long_limit_asks_for_no_longer_deadline_than_there_is() -> None:
    busy = _Busy(0)
    busy.gateway(3600.0).work("/tts", {}, AccessToken)
    assert busy.seen[0][1]["x-request-timeout-ms"] == "300000"


def test_giving_up_is_said_clearly() -> None:
    busy = _Busy(9, retry_after="40")
    with pytest.raises(RefusalError) as caught:
        busy.gateway(100.0).work("/tts", {}, AccessToken)
    assert caught.value.message == (
        "too many (RATE_LIMIT_EXCEEDED, request r)\n"
        "giving up: it can be asked again in 40 s, and this takes 100 s in all at most"
        "; for more set AI4V_TIMEOUT_S"
    )
    assert caught.value.status == 429
    assert len(busy.seen) == 3


@pytest.mark.parametrize(("status", "retry_after"), [(503, None), (500, "2"), (422, "2")])
def test_what_does_not_ask_to_be_asked_again_is_not(status: int, retry_after: str | None) -> None:
    busy = _Busy(1, status=status, retry_after=retry_after)
    with pytest.raises(RefusalError, match="too many"):
        busy.gateway().delete("/keys/1")
    assert len(busy.seen) == 1
