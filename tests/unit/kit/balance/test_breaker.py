"""When the circuit opens and closes, moment by moment."""

import pytest

from ai4v.kit.balance.breaker import Breaker, BreakerPolicy, BreakerState, Passage
from ai4v.kit.balance.policy import Failure
from ai4v.kit.balance.window import Window

_START_S = 1_000.0


def _breaker() -> Breaker:
    return Breaker(BreakerPolicy(), _START_S)


def _mix(breaker: Breaker, pattern: str, *, every_s: float = 0.05) -> float:
    """Take in a pattern of (g)ood, (b)ad and (f)ull; return the time at its end."""
    now_s = _START_S
    for letter in pattern:
        now_s += every_s
        if letter == "g":
            breaker.succeed(now_s, Passage.FREE)
        else:
            failure = Failure.ERROR if letter == "b" else Failure.OVERLOAD
            breaker.fail(now_s, Passage.FREE, failure)
    return now_s


@pytest.mark.parametrize(
    ("pattern", "state"),
    [
        ("b" * 19, BreakerState.CLOSED),
        ("b" * 20, BreakerState.OPEN),
        ("g" * 100 + "b" * 20, BreakerState.OPEN),
        ("g" * 15 + "b" * 14, BreakerState.CLOSED),
        ("gb" * 9 + "b", BreakerState.CLOSED),
        ("gb" * 10, BreakerState.OPEN),
        ("ggb" * 60, BreakerState.CLOSED),
        ("f" * 60, BreakerState.CLOSED),
        ("g" + "f" * 60, BreakerState.CLOSED),
    ],
)
def test_what_opens_it(pattern: str, state: BreakerState) -> None:
    breaker = _breaker()
    _mix(breaker, pattern)
    assert breaker.state is state


def test_what_is_long_ago_does_not_count() -> None:
    breaker = _breaker()
    _mix(breaker, "b" * 40, every_s=0.6)
    assert breaker.state is BreakerState.CLOSED


def test_a_service_that_only_refuses_is_left_alone_in_the_end() -> None:
    breaker = _breaker()
    _mix(breaker, "f" * 201)
    assert breaker.state is BreakerState.OPEN


def test_one_probe_a_second_and_two_good_ones_close_it() -> None:
    breaker = _breaker()
    now_s = _mix(breaker, "b" * 20)
    assert breaker.admit(now_s + 0.9) is Passage.NONE
    assert breaker.admit(now_s + 1.0) is Passage.PROBE
    assert breaker.admit(now_s + 1.5) is Passage.NONE
    breaker.fail(now_s + 1.6, Passage.PROBE, Failure.ERROR)
    assert breaker.admit(now_s + 1.9) is Passage.NONE
    assert breaker.admit(now_s + 2.0) is Passage.PROBE
    assert not breaker.succeed(now_s + 2.1, Passage.PROBE)
    assert breaker.admit(now_s + 2.1) is Passage.PROBE
    assert breaker.admit(now_s + 2.2) is Passage.NONE
    assert breaker.open_s(now_s + 2.3) == pytest.approx(2.3)
    assert breaker.succeed(now_s + 2.4, Passage.PROBE)
    assert breaker.admit(now_s + 2.4) is Passage.FREE
    assert breaker.open_s(now_s + 9) == pytest.approx(2.4)


def test_late_answers_do_not_close_it() -> None:
    breaker = _breaker()
    now_s = _mix(breaker, "b" * 20)
    for _ in range(5):
        assert not breaker.succeed(now_s + 0.1, Passage.FREE)
    assert breaker.state is BreakerState.OPEN


def test_a_bad_probe_starts_the_count_again() -> None:
    breaker = _breaker()
    now_s = _mix(breaker, "b" * 20)
    breaker.succeed(now_s + 1, Passage.PROBE)
    breaker.fail(now_s + 1.1, Passage.PROBE, Failure.ERROR)
    assert not breaker.succeed(now_s + 2.1, Passage.PROBE)
    assert breaker.succeed(now_s + 2.2, Passage.PROBE)


def test_a_window_slides() -> None:
    window = Window(10.0, 2)
    for second in range(25):
        window.add(_START_S + second, second % 2)
    assert sum(window.totals(_START_S + 24)) == 10
    assert window.totals(_START_S + 24) == [5, 5]
    assert window.totals(_START_S + 60) == [0, 0]
    window.add(_START_S + 60, 1)
    assert window.totals(_START_S + 60) == [0, 1]
