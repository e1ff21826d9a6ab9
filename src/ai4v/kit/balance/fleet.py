"""The instances of one service as this process sees them, and the service's circuit."""

from collections.abc import Iterator, Sequence
from typing import Final

from ai4v.kit.balance.breaker import Breaker, BreakerPolicy, BreakerState, Passage
from ai4v.kit.balance.observer import BalanceObserver
from ai4v.kit.balance.policy import CURED_BY_HEALTH, BalancePolicy, Failure
from ai4v.kit.balance.standing import Standing
from ai4v.kit.clock import Clock
from ai4v.ports.registry import Instance

_LONG_AGO_S: Final = float("-inf")


class Fleet:
    """Keeps the standings of one service."""

    def __init__(
        self, service: str, policy: BalancePolicy, clock: Clock, observer: BalanceObserver
    ) -> None:
        self.service = service
        self.breaker = Breaker(BreakerPolicy(), clock.monotonic_s())
        self.turn = 0
        """For round robin."""
        self._policy = policy
        self._clock = clock
        self._observer = observer
        self._listed: tuple[Instance, ...] | None = None
        self._standings: list[Standing] = []
        self._ejected = 0

    @property
    def ejected(self) -> int:
        """How many instances are left out."""
        return self._ejected

    def __iter__(self) -> Iterator[Standing]:
        """Yield every standing."""
        return iter(self._standings)

    def update(self, listed: tuple[Instance, ...], now_s: float) -> None:
        """Take in who is there now; those who join later than the first start slowly."""
        if listed is self._listed:
            return
        if listed == self._listed:
            self._listed = listed
            return
        known = {standing.instance: standing for standing in self._standings}
        warm_from_s = _LONG_AGO_S if not self._listed else now_s
        self._standings = [
            known.get(item) or Standing(item, self._policy, warm_from_s=warm_from_s)
            for item in listed
        ]
        self._listed = listed
        self._count_ejected()

    def usable(self, now_s: float) -> Sequence[Standing]:
        """Return those that may be asked; all when too many are left out to believe it.

        Even then a refused connection is believed, as long as anybody else is there.
        """
        if not self._ejected:
            return self._standings
        for standing in self._standings:
            if standing.ejection is not None and standing.ejected_until_s <= now_s:
                self.readmit(standing, now_s)
        if self._ejected >= self._policy.panic_share * len(self._standings):
            uncertain = [item for item in self._standings if item.ejection is not Failure.REFUSED]
            return uncertain or self._standings
        return [item for item in self._standings if item.ejection is None]

    def take_success(self, standing: Standing, passage: Passage, began_s: float) -> None:
        """Count a success; one that began after the ejection ends it."""
        now_s = self._clock.monotonic_s()
        standing.succeed(now_s, began_s)
        if standing.ejection is not None and began_s >= standing.ejected_s:
            self.readmit(standing, now_s)
        if self.breaker.succeed(now_s, passage):
            self._observer.note_breaker(self.service, BreakerState.CLOSED)

    def take_failure(
        self, standing: Standing, passage: Passage, began_s: float, failure: Failure
    ) -> None:
        """Count a failure; a timeout only when it is the instance's own.

        It is not when the caller had hardly waited, or the instance answered others meanwhile.
        """
        now_s = self._clock.monotonic_s()
        if failure is Failure.TIMEOUT:
            is_hasty = now_s - began_s < self._policy.least_timeout_s
            if is_hasty or standing.succeeded_s > began_s:
                return
        if standing.fail(now_s, began_s, failure):
            self.eject(standing, now_s, failure)
        if self.breaker.fail(now_s, passage, failure):
            self._observer.note_breaker(self.service, BreakerState.OPEN)

    def eject(self, standing: Standing, now_s: float, failure: Failure) -> None:
        """Leave `standing` out for a while."""
        duration_s = standing.eject(now_s, failure)
        self._count_ejected()
        self._observer.note_ejection(standing.instance, failure, duration_s)

    def readmit(self, standing: Standing, now_s: float) -> None:
        """Let `standing` come back."""
        standing.readmit(now_s)
        self._count_ejected()
        self._observer.note_readmission(standing.instance)

    def find(self, instance: Instance) -> Standing | None:
        """Return the standing of `instance`; None when it is gone."""
        return next((item for item in self._standings if item.instance == instance), None)

    def curable(self) -> list[Standing]:
        """Return those left out for something that a good health check disproves."""
        if not self._ejected:
            return []
        return [item for item in self._standings if item.ejection in CURED_BY_HEALTH]

    def _count_ejected(self) -> None:
        self._ejected = sum(standing.ejection is not None for standing in self._standings)
