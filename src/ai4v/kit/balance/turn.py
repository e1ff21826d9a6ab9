"""One request's turn at one instance."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from ai4v.kit.balance.breaker import Passage
from ai4v.kit.balance.policy import Failure
from ai4v.kit.balance.standing import Standing
from ai4v.ports.registry import Instance

if TYPE_CHECKING:
    from ai4v.kit.balance.fleet import Fleet

NO_ONE: Final[frozenset[str]] = frozenset()


class Turn(Protocol):
    """Leave to ask one instance. Exactly one of succeed, fail and abandon is called, once."""

    @property
    def instance(self) -> Instance:
        """Whom to ask."""
        ...

    @property
    def is_lost(self) -> bool:
        """Whether the instance was found to hang since the turn was taken."""
        ...

    def succeed(self, *, is_over: bool = True) -> None:
        """Say that the head of an answer came.

        Args:
            is_over: the whole of it did; otherwise `end` is called once it has.
        """
        ...

    def fail(self, failure: Failure, *, is_over: bool = True) -> None:
        """Say what went wrong; `is_over` as for `succeed`."""
        ...

    def abandon(self) -> None:
        """Say that it came to nothing for a reason that is not the instance's."""
        ...

    def end(self) -> None:
        """Say that the exchange is over; nothing happens when it is known."""
        ...

    def watch(self, on_loss: Callable[[], None]) -> None:
        """Have `on_loss` called when the instance is found to hang before it answered."""
        ...


class TurnSource(Protocol):
    """Gives turns; the kit's Balancer is one."""

    def take(
        self, service: str, *, avoid: frozenset[str] = NO_ONE, sticky: str | None = None
    ) -> Turn:
        """Return a turn at an instance of `service`.

        Args:
            service: its name.
            avoid: ids of instances that are not wanted as long as there are others.
            sticky: the same key leads to the same instance while that is there.

        Raises:
            NoInstanceError: none is believed alive.
            CircuitOpenError: the service fails, and is left alone.
        """
        ...


class FleetTurn:
    """A turn that is counted."""

    __slots__ = ("_fleet", "_on_loss", "_passage", "_standing", "began_s", "is_lost", "is_open")

    def __init__(
        self, fleet: "Fleet", standing: Standing, passage: Passage, *, began_s: float
    ) -> None:
        self._fleet = fleet
        self._standing = standing
        self._passage = passage
        self._on_loss: Callable[[], None] | None = None
        self.began_s = began_s
        self.is_lost = False
        self.is_open = True
        standing.outstanding += 1
        standing.waiting[self] = began_s

    @property
    def instance(self) -> Instance:
        """Whom to ask."""
        return self._standing.instance

    def succeed(self, *, is_over: bool = True) -> None:
        """Say that the head of an answer came."""
        if self._stop_waiting():
            self._fleet.take_success(self._standing, self._passage, self.began_s)
        if is_over:
            self.end()

    def fail(self, failure: Failure, *, is_over: bool = True) -> None:
        """Say what went wrong."""
        if self._stop_waiting():
            self._fleet.take_failure(self._standing, self._passage, self.began_s, failure)
        if is_over:
            self.end()

    def abandon(self) -> None:
        """Say that it came to nothing for a reason that is not the instance's."""
        self._stop_waiting()
        self.end()

    def end(self) -> None:
        """Say that the exchange is over."""
        if self.is_open:
            self.is_open = False
            self._standing.outstanding -= 1

    def watch(self, on_loss: Callable[[], None]) -> None:
        """Have `on_loss` called when the instance is found to hang before it answered."""
        self._on_loss = on_loss

    def lose(self) -> None:
        """Tell whoever waits that the instance hangs."""
        self.is_lost = True
        if self._on_loss is not None:
            self._on_loss()

    def _stop_waiting(self) -> bool:
        self._on_loss = None
        return self._standing.waiting.pop(self, None) is not None
