"""Asks a second instance when the first is slow for once, and takes whichever answers first.

Source: Dean and Barroso, The Tail at Scale, 2013. Off unless a policy is set; only for requests
that may be repeated.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from ai4v.kit.clock import Clock
from ai4v.services.gateway.attempt.budget import Budget, HedgePolicy

_Result = TypeVar("_Result")
_KEPT: Final = 512
_LEAST: Final = 64
_RENEWED_EVERY: Final = 32


class Pace:
    """Knows how long one service usually takes, and how many second requests it may be asked."""

    def __init__(self, policy: HedgePolicy, clock: Clock) -> None:
        self._policy = policy
        self._latencies_s: deque[float] = deque(maxlen=_KEPT)
        self._since_renewal = 0
        self._wait_s: float | None = None
        self.budget = Budget(clock, share=policy.budget_share, floor=0)

    @property
    def wait_s(self) -> float | None:
        """How long the first instance is given; None while too little is known."""
        return self._wait_s

    def observe(self, latency_s: float) -> None:
        """Take in how long an answer took."""
        self._latencies_s.append(latency_s)
        self._since_renewal += 1
        if self._since_renewal >= _RENEWED_EVERY and len(self._latencies_s) >= _LEAST:
            self._since_renewal = 0
            ordered = sorted(self._latencies_s)
            usual_s = ordered[int(self._policy.percentile * len(ordered))]
            self._wait_s = max(self._policy.least_wait_s, usual_s)


async def race(
    first: Coroutine[Any, Any, _Result],
    start_second: Callable[[], Coroutine[Any, Any, _Result] | None],
    *,
    after_s: float,
    is_good: Callable[[_Result], bool],
    discard: Callable[[_Result], None],
) -> _Result:
    """Return the first good result of `first` and, when it takes longer, of a second.

    The other is cancelled, or discarded when it is there as well. When none is good the outcome
    of the first is returned or raised.

    Args:
        first: begins at once.
        start_second: begins the second; None: there is to be none.
        after_s: seconds that the first is alone.
        is_good: whether a result is worth having.
        discard: lets go of a result that nobody gets.
    """
    runners = [asyncio.create_task(first, name="first of a race")]
    winner = runners[0]
    try:
        await asyncio.wait(runners, timeout=after_s)
        if not winner.done() and (second := start_second()) is not None:
            runners.append(asyncio.create_task(second, name="second of a race"))
        winner = await _find_winner(runners, is_good)
        return winner.result()
    finally:
        await _dismiss([runner for runner in runners if runner is not winner], discard)


async def _find_winner(
    runners: list[asyncio.Task[_Result]], is_good: Callable[[_Result], bool]
) -> asyncio.Task[_Result]:
    pending = set(runners)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for runner in runners:
            if runner in done and runner.exception() is None and is_good(runner.result()):
                return runner
    return runners[0]


async def _dismiss(losers: list[asyncio.Task[_Result]], discard: Callable[[_Result], None]) -> None:
    for loser in losers:
        loser.cancel()
    if losers:
        await asyncio.wait(losers)
    for loser in losers:
        if not loser.cancelled() and loser.exception() is None:
            discard(loser.result())
