"""Who is told of what the balancer decides; the gateway makes metrics of it."""

from typing import Protocol

from ai4v.kit.balance.breaker import BreakerState
from ai4v.kit.balance.policy import Failure
from ai4v.ports.registry import Instance


class BalanceObserver(Protocol):
    """Is told as it happens; must be quick and raise nothing."""

    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        """Hear that `instance` is left out for `duration_s`."""
        ...

    def note_readmission(self, instance: Instance) -> None:
        """Hear that `instance` is back."""
        ...

    def note_breaker(self, service: str, state: BreakerState) -> None:
        """Hear that the circuit of `service` opened or closed."""
        ...


class SilentObserver:
    """Tells nobody."""

    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        """Do nothing."""

    def note_readmission(self, instance: Instance) -> None:
        """Do nothing."""

    def note_breaker(self, service: str, state: BreakerState) -> None:
        """Do nothing."""
