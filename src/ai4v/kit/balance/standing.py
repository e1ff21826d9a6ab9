"""What is known of one instance: how fast it is, what it owes, whether it is left out."""

import math
from typing import TYPE_CHECKING

from ai4v.kit.balance.policy import BRIEF, BalancePolicy, Failure
from ai4v.ports.registry import Instance

if TYPE_CHECKING:
    from ai4v.kit.balance.turn import FleetTurn


class Standing:
    """One instance in the eyes of this process."""

    __slots__ = (
        "_ejections",
        "_failures_in_row",
        "_latency_s",
        "_policy",
        "_readmitted_s",
        "_sampled_s",
        "asked_s",
        "ejected_s",
        "ejected_until_s",
        "ejection",
        "instance",
        "outstanding",
        "succeeded_s",
        "waiting",
        "warm_from_s",
    )

    def __init__(self, instance: Instance, policy: BalancePolicy, *, warm_from_s: float) -> None:
        self.instance = instance
        self._policy = policy
        self.outstanding = 0
        """Requests whose answer has not been taken in whole."""
        self.waiting: dict[FleetTurn, float] = {}
        """When those began whose answer has not begun, the oldest first."""
        self.warm_from_s = warm_from_s
        self.succeeded_s = -math.inf
        self.asked_s = -math.inf
        """When it was last asked for its health."""
        self.ejection: Failure | None = None
        """Why it is left out; None: it is not."""
        self.ejected_s = 0.0
        self.ejected_until_s = 0.0
        self._readmitted_s = -math.inf
        self._ejections = 0
        self._failures_in_row = 0
        self._latency_s = 0.0
        self._sampled_s = 0.0

    def latency_s(self, now_s: float) -> float:
        """Return the latency to expect: a peak that decays, or the age of the oldest debt.

        0 before the first answer. The age is what shows at once that an instance hangs, however
        long its answers take otherwise.
        """
        latency_s = self._latency_s
        if latency_s:
            latency_s *= math.exp((self._sampled_s - now_s) / self._policy.decay_s)
        if self.waiting:
            for began_s in self.waiting.values():
                return max(latency_s, now_s - began_s)
        return latency_s

    def warmth(self, now_s: float) -> float:
        """Return the part of its share that it is given, 0.1 to 1."""
        age_s = now_s - self.warm_from_s
        if age_s >= self._policy.warm_up_s:
            return 1.0
        return max(0.1, age_s / self._policy.warm_up_s)

    def succeed(self, now_s: float, began_s: float) -> None:
        """Take in an answer whose request began at `began_s`."""
        self.succeeded_s = now_s
        self._failures_in_row = 0
        if began_s >= self._readmitted_s:
            self._sample(now_s, now_s - began_s)

    def fail(self, now_s: float, began_s: float, failure: Failure) -> bool:
        """Take in a failure; true when it is to be ejected for it.

        A failure that came fast does not make the instance look fast.
        """
        if now_s - began_s > self.latency_s(now_s):
            self._sample(now_s, now_s - began_s)
        self._failures_in_row += 1
        if self.ejection is not None:
            return False
        return failure is Failure.REFUSED or self._failures_in_row >= self._policy.failure_limit

    def eject(self, now_s: float, failure: Failure) -> float:
        """Leave it out and return for how long, in seconds."""
        policy = self._policy
        if now_s - self._readmitted_s > policy.forgiveness_s:
            self._ejections = 0
        self._ejections += 1
        if failure in BRIEF:
            doubled_s = policy.brief_ejection_s * 2.0 ** min(self._ejections - 1, 16)
            duration_s = min(doubled_s, policy.longest_brief_ejection_s)
        else:
            duration_s = min(policy.ejection_s * self._ejections, policy.longest_ejection_s)
        self.ejection = failure
        self.ejected_s = now_s
        self.ejected_until_s = now_s + duration_s
        return duration_s

    def readmit(self, now_s: float) -> None:
        """Let it come back, slowly, its latency forgotten."""
        self.ejection = None
        self._latency_s = 0.0
        self._failures_in_row = 0
        self._readmitted_s = now_s
        self.warm_from_s = now_s

    def is_silent(self, now_s: float) -> bool:
        """Whether it owes an answer and has long given none."""
        silence_s = self._policy.silence_s
        if self.ejection is not None or now_s - self.succeeded_s < silence_s:
            return False
        return any(now_s - began_s >= silence_s for began_s in self.waiting.values())

    def _sample(self, now_s: float, latency_s: float) -> None:
        decay_s = self._policy.decay_s
        known_s = self._latency_s
        if latency_s < known_s:
            keep = math.exp((self._sampled_s - now_s) / decay_s)
            latency_s = max(latency_s, known_s * keep)
        self._latency_s = latency_s
        self._sampled_s = now_s
