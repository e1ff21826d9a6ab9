"""Lets in as many requests as a service can do, shares the places, and refuses the rest at once.

A service that is given more than it can do answers everything late and nothing in time.

How much that is (`concurrency`): so many answers come a second, and so long does one take when
nobody waits in the service; their product is what keeps it busy (Little's law). That, a tenth more
and what its answers vary by is the limit of requests at once. It grows while they fill it, and
falls, never by much at once, when answers take longer than that allows. The unloaded time is
measured under overload by stepping back now and then until nobody can be waiting in the service,
and following some requests from there to their end, the slowest too.

Who is let in (`turnstile`): free places go round among the subjects that wait, one after another,
at most a quarter faster than answers come. So a service whose answers all take equally long answers
evenly, and not all at once with everybody else waiting for the next time.

Who is refused: whoever would wait for longer than half an answer's time (a tenth of a second at
most, four places becoming free at least), at once; and whoever has waited for much longer. One who
asks for less takes the place in the queue of the one who asks for most.

Sources: the gradient limits of Netflix's concurrency-limits; BBR's pacing and stepping back.
"""

from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.clock import Clock
from ai4v.kit.deadline import Deadline
from ai4v.services.gateway.attempt.concurrency import ShedPolicy
from ai4v.services.gateway.attempt.turnstile import Permit, Reason, Turnstile

__all__ = ["OverloadError", "Permit", "Reason", "ShedPolicy", "Shedder"]


class ShedObserver(Protocol):
    """Is told of what is refused; must be quick and raise nothing."""

    def note_shed(self, service: str, reason: Reason) -> None:
        """Hear that a request was refused."""
        ...


class SilentShedObserver:
    """Tells nobody."""

    def note_shed(self, service: str, reason: Reason) -> None:
        """Do nothing."""


class OverloadError(ServiceUnavailableError):
    """More is asked of the service than it can do; this request was not passed on."""


@dataclass(frozen=True, slots=True)
class ShedState:
    """How a service stands, for whoever shows it."""

    service: str
    limit: int
    inside: int
    waiting: int


class Shedder:
    """Gives permits to pass on requests.

    Args:
        policy: the numbers.
        clock: measures.
        observer: is told of what is refused.
    """

    def __init__(
        self, policy: ShedPolicy, clock: Clock, observer: ShedObserver | None = None
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._observer = observer or SilentShedObserver()
        self._turnstiles: dict[str, Turnstile] = {}

    def pass_through(self, service: str, subject: str) -> Permit | None:
        """Return leave to ask `service` when there is a place and nobody waits for it."""
        turnstile = self._turnstiles.get(service)
        if turnstile is None:
            turnstile = Turnstile(self._policy, self._clock)
            self._turnstiles[service] = turnstile
        return turnstile.pass_through(subject)

    async def enter(self, service: str, subject: str, deadline: Deadline) -> Permit:
        """Return leave to ask `service` now; the caller releases it in any case.

        Returns without yielding while there are places. Otherwise waits for a moment, when that
        leads to a place in time; places go round among subjects.

        Raises:
            OverloadError: there is no place, or none before the deadline; come back in a second.
            DeadlineExceededError: the deadline has passed.
        """
        permit = self.pass_through(service, subject)
        if permit is not None:
            return permit
        outcome = await self._turnstiles[service].wait(subject, deadline)
        if isinstance(outcome, Permit):
            return outcome
        self._observer.note_shed(service, outcome)
        raise OverloadError(
            f"more is asked of {service} than it can do; try again", retry_after_s=1
        )

    def states(self) -> list[ShedState]:
        """Return how each service stands that was ever asked for."""
        return [
            ShedState(service, int(item.limit), item.inside, item.waiting)
            for service, item in self._turnstiles.items()
        ]
