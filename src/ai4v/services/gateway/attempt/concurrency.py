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
    tolerance: float = 1.1
    """How many times what keeps the service busy it is given, when its answers all take equally
    long. What they vary by, as a part of their mean, is added: chance leaves some places free."""
    quick_s: float = 0.0
    """An answer within this is never late, whatever it takes unloaded: what a fast service adds
    under load is mostly the gateway's own waiting for the processor."""
    drop_factor: float = 0.9
    """What is left of the limit after a window in which the service refused."""
    window_s: float = 0.1
    """Shortest time over which latencies are averaged; never shorter than one answer."""
    window_samples: int = 20
    """Fewest answers in a window."""
    probes: int = 16
    """Fewest requests of which the unloaded latency is the mean."""
    dip_interval_s: float = 10.0
    """Under overload the limit steps back for a moment so often, to see the unloaded latency.

    The first time it falls to the least: what was measured in a crowd is not to be relied on."""
    dip_interval_answers: float = 50.0
    """The same, as a multiple of one answer's time: the longer of both counts."""
    pace: float = 1.25
    """Those who waited are let in at most so many times as fast as answers come."""
    patience: float = 0.6
    """Nobody waits for longer than this part of an answer's time; who asks for little, twice it."""
    wait_target_s: float = 0.1
    """Longest wait for a place that is aimed at; half an answer's time, when that is less."""
    wait_slots: int = 4
    """A wait of so many places becoming free is always allowed."""


_EAGER: Final = 2.0
"""Growth in a window until answers first took too long."""
_BRISK: Final = 1.5
"""The same once it is known how long they take unloaded."""
_CUT: Final = 0.3
"""Most that is taken away in a window, as a part of what keeps the service busy: for so long, in
answers' times, nobody is let in."""
_LEAST_CUT: Final = 0.1
"""As much may be taken away in any case, as a part of the limit."""
_TICK_S: Final = 1e-6
"""No answer takes less, whatever a clock says."""
_DIP: Final = 0.8
"""What is left for a moment of what keeps the service busy: then nobody waits in it."""
_LONGEST_DIP: Final = 8.0
"""A dip that takes so many answers' times ends in any case."""


class _Phase(StrEnum):
    STEADY = "steady"
    DRAINING = "draining"
    DIP = "dip"


class _Sample:
    """Latencies, counted."""

    __slots__ = ("_squares", "_sum_s", "count")

    def __init__(self) -> None:
        self.count = 0
        self._sum_s = 0.0
        self._squares = 0.0

    def add(self, took_s: float) -> None:
        self.count += 1
        self._sum_s += took_s
        self._squares += took_s * took_s

    def mean_s(self) -> float:
        return self._sum_s / self.count

    def spread_s(self) -> float:
        """Return the standard deviation."""
        return math.sqrt(max(0.0, self._squares / self.count - self.mean_s() ** 2))


class AdaptiveLimit:
    """The limit of one service; `shedding` says how it is found."""

    __slots__ = (
        "_aim",
        "_began_s",
        "_busy",
        "_dipped_s",
        "_drops",
        "_growth",
        "_last_probe_s",
        "_most_inside",
        "_phase",
        "_policy",
        "_probes_inside",
        "_probes_to_come",
        "_refusals",
        "_sample",
        "_spread_s",
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
        """How long an answer takes when nobody waits in the service; 0: not known yet."""
        self.latency_s = 0.0
        """How long answers took lately; 0: not known yet."""
        self._spread_s = 0.0
        self._busy = 0.0
        self._growth = _EAGER
        self._phase = _Phase.STEADY
        self._whole = self._aim = self.value
        self._dipped_s = -math.inf
        self._last_probe_s = math.inf
        self._probes_to_come = self._probes_inside = 0
        self._most_inside = 0
        self._start_window(now_s)

    @property
    def usual(self) -> float:
        """The limit without the step back that may be going on."""
        return self.value if self._phase is _Phase.STEADY else self._whole

    @property
    def slot_s(self) -> float:
        """How long it takes for a place to become free under load; 0: not known yet."""
        return self.latency_s / self.usual

    def enter(self, now_s: float) -> None:
        """Take in that a request was let in."""
        if self._phase is _Phase.DIP and self._last_probe_s == math.inf:
            self._probes_inside += 1
            self._probes_to_come -= 1
            if self._probes_to_come <= 0 and now_s - self._began_s >= self._policy.window_s:
                self._last_probe_s = now_s

    def leave(self, now_s: float, began_s: float, inside: int, *, is_success: bool | None) -> None:
        """Take in how a request ended.

        Args:
            now_s: when that was.
            began_s: when it was let in.
            inside: requests under way, this one included.
            is_success: False for a refusal of the service, or an answer that never came; None
                for what says nothing of the service.
        """
        self._most_inside = max(self._most_inside, inside)
        if self._phase is _Phase.DRAINING:
            self._drain(now_s, inside)
            return
        is_counted = self._phase is _Phase.STEADY or self._is_probe(began_s)
        if is_success and is_counted:
            self._sample.add(now_s - began_s)
        self._drops += is_success is False
        if self._phase is _Phase.DIP:
            self._probes_inside -= is_counted
            is_over = not self._probes_inside and self._last_probe_s < math.inf
            if is_over or now_s - self._began_s > _LONGEST_DIP * self.unloaded_s:
                self._end_dip(now_s)
        elif now_s - self._began_s >= max(self._policy.window_s, self.unloaded_s) and (
            self._drops or self._sample.count >= self._policy.window_samples
        ):
            self._end_window(now_s)

    def note_refusal(self) -> None:
        """Take in that somebody was not let in: without that there is no reason to step back."""
        self._refusals += 1

    def _end_window(self, now_s: float) -> None:
        if self._sample.count:
            self.latency_s = self._sample.mean_s()
        is_busy = self._most_inside * 2 >= self.value
        if self._drops:
            if is_busy:
                self._set(self.value * self._policy.drop_factor)
        elif is_busy:
            self._adapt(now_s)
            if self._most_inside >= int(self.value):
                self._dip_when_due(now_s)
        else:
            self._learn(0.5 if self.latency_s < self.unloaded_s else 0.05)
            self._dipped_s = now_s
        self._start_window(now_s)

    def _adapt(self, now_s: float) -> None:
        if not self.unloaded_s:
            self._learn(1.0)
        tolerance = self._policy.tolerance + self._spread_s / max(self.unloaded_s, _TICK_S)
        unloaded_s = max(self.unloaded_s, self._policy.quick_s / tolerance)
        busy = self._busy = self._sample.count / (now_s - self._began_s) * unloaded_s
        fit = max(tolerance * busy, busy + 1)
        if self.latency_s > tolerance * unloaded_s:
            self._growth = 1.0
            self._set(max(fit, self.value - max(_CUT * busy, _LEAST_CUT * self.value)))
        else:
            self._set(max(fit, self.value, self._growth * busy))

    def _learn(self, weight: float) -> None:
        if not self.unloaded_s:
            weight = 1.0
        self.unloaded_s += weight * (self._sample.mean_s() - self.unloaded_s)
        self._spread_s += weight * (self._sample.spread_s() - self._spread_s)

    def _dip_when_due(self, now_s: float) -> None:
        policy = self._policy
        interval_s = max(policy.dip_interval_s, policy.dip_interval_answers * self.unloaded_s)
        if not self._refusals or now_s - self._dipped_s < interval_s:
            return
        self._phase = _Phase.DRAINING
        if self._dipped_s == -math.inf:
            self._whole = self._aim = self.value = policy.least_limit
        else:
            self._whole = self.value
            self._aim = min(self.value, max(policy.least_limit / 2, _DIP * self._busy))

    def _drain(self, now_s: float, inside: int) -> None:
        """Let in one for two who leave, until so few are left that none of them waits."""
        if self.value > self._aim:
            self.value = max(self._aim, self.value - 0.5)
        elif inside <= self.value:
            self._phase = _Phase.DIP
            self._probes_to_come = self._policy.probes
            self._probes_inside = 0
            self._last_probe_s = math.inf
            self._start_window(now_s)

    def _is_probe(self, began_s: float) -> bool:
        return self._began_s <= began_s <= self._last_probe_s

    def _end_dip(self, now_s: float) -> None:
        is_first = self._dipped_s == -math.inf
        if is_first:
            self._growth = _BRISK
        if self._sample.count:
            self._learn(1.0 if is_first else 0.5)
        self._phase = _Phase.STEADY
        self._dipped_s = now_s
        self.value = self._whole
        self._start_window(now_s)

    def _set(self, value: float) -> None:
        self.value = min(max(value, self._policy.least_limit), self._policy.most_limit)

    def _start_window(self, now_s: float) -> None:
        self._began_s = now_s
        self._sample = _Sample()
        self._drops = 0
        self._refusals = 0
        self._most_inside = 0
