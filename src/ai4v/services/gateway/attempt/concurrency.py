"""How many requests a service is given at once: found out from how long its answers take."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class ShedPolicy:
    """The numbers of shedding; seconds where the name says so."""

    first_limit: int = 20
    """Requests at once before anything is known."""
    least_limit: int = 8
    """A service that works in batches needs several to be fast at all."""
    most_limit: int = 512
    tolerance: float = 1.3
    """How much longer than unloaded an answer may take on average."""
    quick_s: float = 0.0
    """An answer within this is never late, whatever it takes unloaded: what a fast service adds
    under load is mostly the gateway's own waiting for the processor."""
    drop_factor: float = 0.9
    """What is left of the limit after a window in which the service refused."""
    window_s: float = 0.1
    """Shortest time over which latencies are averaged; never shorter than one answer."""
    window_samples: int = 10
    """Fewest answers in a window."""
    dip_interval_s: float = 10.0
    """Under overload the limit is halved for a moment so often, to see the unloaded latency.

    The first time it falls to the least: what was measured in a crowd is not to be relied on."""
    dip_interval_answers: float = 50.0
    """The same, as a multiple of one answer's time: the longer of both counts."""
    wait_target_s: float = 0.1
    """Longest wait for a place that is aimed at; half an answer's time, when that is less."""
    wait_slots: int = 4
    """A wait of so many places becoming free is always allowed."""


_EAGER: Final = 1.5
"""Growth in a window until the limit was first found too high."""
_CAREFUL: Final = 1.1


class _Phase(StrEnum):
    STEADY = "steady"
    DRAINING = "draining"
    DIP = "dip"


class AdaptiveLimit:
    """The limit of one service.

    It grows while answers take no longer than unloaded, shrinks by as much as they take longer
    than is tolerated, and shrinks when the service refuses. Source: the gradient limits of
    Netflix's concurrency-limits; the unloaded latency is measured as BBR does, by stepping back.
    """

    __slots__ = (
        "_began_s",
        "_count",
        "_dipped_s",
        "_drops",
        "_growth",
        "_most_inside",
        "_phase",
        "_policy",
        "_refusals",
        "_sum_s",
        "_whole",
        "latency_s",
        "unloaded_s",
        "value",
    )

    def __init__(self, policy: ShedPolicy, now_s: float) -> None:
        self._policy = policy
        self.value = float(policy.first_limit)
        """Requests that may be under way at once."""
        self.unloaded_s = 0.0
        """How long an answer takes when nobody else is there; 0: not known yet."""
        self.latency_s = 0.0
        """How long answers took lately; 0: not known yet."""
        self._growth = _EAGER
        self._phase = _Phase.STEADY
        self._whole = self.value
        self._dipped_s = -math.inf
        self._most_inside = 0
        self._drops = 0
        self._start_window(now_s)

    @property
    def usual(self) -> float:
        """The limit without the step back that may be going on."""
        return self.value if self._phase is _Phase.STEADY else self._whole

    def observe(self, now_s: float, began_s: float, inside: int) -> None:
        """Take in an answer.

        Args:
            now_s: when it came.
            began_s: when its request was let in.
            inside: requests under way, this one included.
        """
        self._most_inside = max(self._most_inside, inside)
        if self._phase is _Phase.DRAINING and inside <= self.value:
            self._phase = _Phase.DIP
            self._start_window(now_s)
        if self._phase is _Phase.DRAINING or (
            self._phase is _Phase.DIP and began_s < self._began_s
        ):
            return
        self._count += 1
        self._sum_s += now_s - began_s
        is_long = now_s - self._began_s >= max(self._policy.window_s, self.unloaded_s)
        if is_long and self._count >= self._policy.window_samples:
            self._end_window(now_s)

    def drop(self, now_s: float, inside: int) -> None:
        """Take in a refusal of the service, or an answer that never came."""
        self._most_inside = max(self._most_inside, inside)
        self._drops += 1
        if now_s - self._began_s >= max(self._policy.window_s, self.latency_s):
            self._end_window(now_s)

    def note_refusal(self) -> None:
        """Take in that somebody was not let in: without that there is no reason to step back."""
        self._refusals += 1

    def _end_window(self, now_s: float) -> None:
        if self._count:
            self.latency_s = self._sum_s / self._count
        is_busy = self._most_inside * 2 >= self.value
        if self._phase is not _Phase.STEADY:
            self._end_dip(now_s)
        elif self._drops:
            if is_busy:
                self._set(self.value * self._policy.drop_factor)
        elif is_busy:
            self._adapt()
            self._dip_when_due(now_s)
        else:
            self._learn(0.5 if self.latency_s < self.unloaded_s else 0.05)
            self._dipped_s = now_s
        self._start_window(now_s)

    def _adapt(self) -> None:
        if self.latency_s < self.unloaded_s or not self.unloaded_s:
            self._learn(0.5)
        ratio = self.latency_s / max(self.unloaded_s, self._policy.quick_s / self._policy.tolerance)
        tolerance = self._policy.tolerance
        if ratio > tolerance:
            self._growth = _CAREFUL
            self._set(self.value * max(0.5, tolerance / ratio))
        elif ratio > (1 + tolerance) / 2:
            self._set(self.value + 1)
        else:
            self._set(self.value * self._growth + 1)

    def _learn(self, weight: float) -> None:
        if self.unloaded_s:
            self.unloaded_s += weight * (self.latency_s - self.unloaded_s)
        else:
            self.unloaded_s = self.latency_s

    def _dip_when_due(self, now_s: float) -> None:
        policy = self._policy
        interval_s = max(policy.dip_interval_s, policy.dip_interval_answers * self.unloaded_s)
        if not self._refusals or now_s - self._dipped_s < interval_s:
            return
        self._phase = _Phase.DRAINING
        if self._dipped_s == -math.inf:
            self._whole = self.value = policy.least_limit
        else:
            self._whole = self.value
            self.value /= 2

    def _end_dip(self, now_s: float) -> None:
        if self._count:
            self.unloaded_s = self.latency_s
        self._phase = _Phase.STEADY
        self._dipped_s = now_s
        self.value = self._whole

    def _set(self, value: float) -> None:
        self.value = min(max(value, self._policy.least_limit), self._policy.most_limit)

    def _start_window(self, now_s: float) -> None:
        self._began_s = now_s
        self._count = 0
        self._sum_s = 0.0
        self._drops = 0
        self._refusals = 0
        self._most_inside = 0
