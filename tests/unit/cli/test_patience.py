"""Waiting for one's turn (R3), on a clock of its own."""

import sys
from collections import Counter
from random import Random

import httpx2
import pytest

from ai4v.cli.patience import Patience, read_retry_after


class _Time:
    """Passes only when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.waited_s: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self.now_s += seconds

    def patience(self, limit_s: float = 300.0, *, seed: int = 1) -> Patience:
        random = Random(seed)  # noqa: S311 - spreads, guards nothing
        return Patience(limit_s, clock=lambda: self.now_s, sleep=self.sleep, random=random)


def test_nobody_comes_before_the_time_and_all_come_evenly_spread() -> None:
    time = _Time()
    for seed in range(1_000):
        assert time.patience(seed=seed).begin().wait(2.0, "busy")
    delays = [seconds - 2.0 for seconds in time.waited_s]
    assert min(delays) >= 0
    assert max(delays) <= 1
    counts = Counter(int(delay * 10) for delay in delays)
    chi_square = sum((counts[tenth] - 100) ** 2 / 100 for tenth in range(10))
    assert chi_square < 27.9  # p > 0.001 at 9 degrees of freedom


def test_who_is_refused_again_is_spread_wider_up_to_a_bound() -> None:
    widest = [0.0] * 6
    for seed in range(200):
        time = _Time()
        turn = time.patience(seed=seed).begin()
        for _ in widest:
            turn.wait(1.0, "busy")
        widest = [max(pair) for pair in zip(widest, time.waited_s, strict=True)]
    bounds = [2.0, 3.0, 5.0, 9.0, 11.0, 11.0]
    assert all(bound * 0.9 < most <= bound for most, bound in zip(widest, bounds, strict=True))


def test_all_waiting_of_a_call_is_within_its_limit() -> None:
    time = _Time()
    turn = time.patience(60.0).begin()
    while turn.wait(5.0, "busy"):
        assert turn.left_s > 0
    assert 40 < sum(time.waited_s) < 60
    assert 0 < turn.left_s <= 5.0
    assert time.patience(60.0).begin().left_s == 60.0


def test_there_is_no_waiting_for_a_time_that_is_too_late() -> None:
    time = _Time()
    assert not time.patience(60.0).begin().wait(60.0, "busy")
    assert time.waited_s == []


def test_half_of_what_is_left_is_for_the_try() -> None:
    time = _Time()
    turn = time.patience(60.0).begin()
    assert turn.wait(59.9, "busy")
    assert turn.left_s >= 0.049


def test_a_wait_is_shown_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda is_terminal=is_terminal: is_terminal)
        _Time().patience().begin().wait(7.0, "too many requests")
        told = "too many requests\ntrying again in 7 s; Ctrl-C gives up\n" if is_terminal else ""
        assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "12", 12.0),
        (503, "0", 0.0),
        (503, "Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        (503, "soon", None),
        (503, "-1", None),
        (503, "१२", None),
        (503, "", None),
        (500, "12", None),
        (200, "12", None),
    ],
)
def test_who_may_come_back_is_told_when(status: int, header: str, seconds: float | None) -> None:
    answer = httpx2.Response(status, headers=[(b"retry-after", header.encode())])
    assert read_retry_after(answer) == seconds


def test_a_date_is_seconds_from_now() -> None:
    answer = httpx2.Response(429, headers={"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"})
    found = read_retry_after(answer)
    assert found is not None
    assert found > 1e9
