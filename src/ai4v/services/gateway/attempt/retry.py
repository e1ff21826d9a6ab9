"""Whether a request is sent again, and when."""

from dataclasses import dataclass
from random import Random
from typing import Final

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.balance import Balancer, Failure
from ai4v.kit.clock import Clock
from ai4v.kit.deadline import Deadline
from ai4v.ports.upstream import HandshakeRefusedError, UpstreamBrokenError, UpstreamRefusedError
from ai4v.services.gateway.attempt.budget import AttemptObserver, Budget, RetryPolicy
from ai4v.services.gateway.passage.exchange import Call, TurnAnswer, read_retry_after

TRY_AGAIN: Final = frozenset({502, 503})
"""Statuses that another instance may do better than."""


_FREE: Final = frozenset({Failure.REFUSED, Failure.HUNG})
"""What another attempt at another instance makes up for at no cost: the first did nothing."""


class InstanceHungError(UpstreamBrokenError):
    """The instance was found to hang while it owed the answer, and is left out now."""


@dataclass(frozen=True, slots=True)
class Setback:
    """What went wrong with an attempt."""

    cause: Failure | None
    """None: nothing that another attempt would mend."""
    retry_after_s: float = 0.0
    """What the instance asks for."""


def judge_error(
    error: UpstreamRefusedError | UpstreamBrokenError | HandshakeRefusedError,
) -> Setback:
    """Say what an exchange without an answer means."""
    if isinstance(error, UpstreamRefusedError):
        return Setback(Failure.REFUSED)
    if isinstance(error, InstanceHungError):
        return Setback(Failure.HUNG)
    if isinstance(error, UpstreamBrokenError):
        return Setback(Failure.BROKEN)
    return Setback(Failure.ERROR if error.answer_status in TRY_AGAIN else None)


def judge_answer(answer: TurnAnswer) -> Setback:
    """Say what an answer of one of the statuses TRY_AGAIN means."""
    retry_after_s = read_retry_after(answer.headers)
    return Setback(Failure.OVERLOAD if retry_after_s else Failure.ERROR, retry_after_s)


class RetryPlan:
    """Decides on further attempts; arguments as those of `Attempts`."""

    def __init__(
        self,
        balancer: Balancer,
        policy: RetryPolicy,
        clock: Clock,
        random: Random,
        observer: AttemptObserver,
    ) -> None:
        self._balancer = balancer
        self._policy = policy
        self._clock = clock
        self._random = random
        self._observer = observer
        self._budgets: dict[str, Budget] = {}

    def count(self, service: str) -> None:
        """Count a request that somebody made."""
        self._budget(service).count()

    def decide(
        self, call: Call, setback: Setback, number: int, tried: frozenset[str]
    ) -> float | None:
        """Return how many seconds to wait before the next attempt; None: there is none.

        Args:
            call: what is asked.
            setback: what became of the latest attempt.
            number: of that attempt, from 1.
            tried: ids of the instances that were asked.
        """
        cause = setback.cause
        if number >= self._policy.attempts or cause is None:
            return None
        has_other = self._balancer.has_other(call.service, tried)
        if cause in _FREE and has_other:
            wait_s: float | None = 0.0
        elif cause is not Failure.REFUSED and call.is_repeatable:
            wait_s = self._back_off(call, setback, number, has_other=has_other)
        else:
            wait_s = None
        if wait_s is not None:
            self._observer.note_retry(call.service, cause)
        return wait_s

    def _back_off(
        self, call: Call, setback: Setback, number: int, *, has_other: bool
    ) -> float | None:
        wait_s = self._random.random() * self._policy.backoff_s * 2.0 ** (number - 1)
        if not has_other and setback.retry_after_s > wait_s:
            return None
        if not _is_within(call.deadline, wait_s):
            return None
        if not self._budget(call.service).spend():
            self._observer.note_budget_refusal(call.service)
            return None
        return wait_s

    def _budget(self, service: str) -> Budget:
        budget = self._budgets.get(service)
        if budget is None:
            policy = self._policy
            budget = Budget(self._clock, share=policy.budget_share, floor=policy.budget_floor)
            self._budgets[service] = budget
        return budget


def _is_within(deadline: Deadline, wait_s: float) -> bool:
    try:
        return wait_s < deadline.remaining_s()
    except DeadlineExceededError:
        return False
