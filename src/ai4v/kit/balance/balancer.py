"""Gives each request its turn at an instance, and learns from how the turns end."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

from ai4v.kit.balance.breaker import BreakerState, CircuitOpenError, Passage
from ai4v.kit.balance.choice import Chooser, choose_sticky
from ai4v.kit.balance.fleet import Fleet
from ai4v.kit.balance.observer import BalanceObserver, SilentObserver
from ai4v.kit.balance.policy import BalancePolicy, Failure, Strategy
from ai4v.kit.balance.standing import Standing
from ai4v.kit.balance.turn import NO_ONE, FleetTurn, Turn
from ai4v.kit.clock import Clock
from ai4v.kit.discovery import NoInstanceError
from ai4v.ports.registry import Instance

_ASK_AGAIN_S = 1.0


class InstanceSource(Protocol):
    """Knows the live instances; the kit's Directory is one."""

    def instances(self, service: str) -> tuple[Instance, ...]:
        """Return those believed alive."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service stands, for whoever shows it."""

    service: str
    instances: int
    ejected: int
    outstanding: int
    breaker: BreakerState
    open_s: float
    """Seconds in all that the circuit was open since the start; never falls."""


class Balancer:
    """Chooses instances; see ADR 0020.

    Args:
        source: knows the live instances.
        clock: measures.
        policy: the numbers.
        random: all chance comes from here.
        observer: is told what was decided.
    """

    def __init__(
        self,
        source: InstanceSource,
        clock: Clock,
        *,
        policy: BalancePolicy | None = None,
        random: Random | None = None,
        observer: BalanceObserver | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._policy = policy or BalancePolicy()
        self._chooser = Chooser(self._policy, random or Random())  # noqa: S311 - not a secret
        self._observer = observer or SilentObserver()
        self._is_round_robin = self._policy.strategy is Strategy.ROUND_ROBIN
        self._fleets: dict[str, Fleet] = {}

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
        now_s = self._clock.monotonic_s()
        fleet = self._look(service, now_s)
        candidates = fleet.usable(now_s)
        if not candidates:
            raise NoInstanceError(f"the {service} service is not available; try again")
        if avoid:
            wanted = [item for item in candidates if item.instance.instance_id not in avoid]
            candidates = wanted or candidates
        passage = fleet.breaker.admit(now_s)
        if passage is Passage.NONE:
            raise CircuitOpenError(f"the {service} service fails; try again", retry_after_s=1)
        if sticky is not None:
            chosen = choose_sticky(candidates, sticky)
        elif self._is_round_robin:
            fleet.turn += 1
            chosen = self._chooser.choose_next(candidates, fleet.turn - 1, now_s)
        else:
            chosen = self._chooser.choose_better(candidates, now_s)
        return FleetTurn(fleet, chosen, passage, began_s=now_s)

    def has_other(self, service: str, avoid: frozenset[str]) -> bool:
        """Whether a turn could lead to an instance that is not in `avoid`."""
        now_s = self._clock.monotonic_s()
        candidates = self._look(service, now_s).usable(now_s)
        return any(item.instance.instance_id not in avoid for item in candidates)

    def check(self, service: str) -> None:
        """Return when an instance of `service` is believed alive (a health check).

        Raises:
            NoInstanceError: none is.
        """
        if not self._source.instances(service):
            raise NoInstanceError(f"the {service} service is not available; try again")

    def states(self) -> Iterator[ServiceState]:
        """Yield how each service stands that was ever asked for."""
        now_s = self._clock.monotonic_s()
        for fleet in self._fleets.values():
            standings = list(fleet)
            yield ServiceState(
                fleet.service,
                instances=len(standings),
                ejected=fleet.ejected,
                outstanding=sum(item.outstanding for item in standings),
                breaker=fleet.breaker.state,
                open_s=fleet.breaker.open_s(now_s),
            )

    def find_silent(self) -> list[Instance]:
        """Return those that owe answers, give none, and were not asked about it a second ago."""
        now_s = self._clock.monotonic_s()
        silent = (item for fleet in self._fleets.values() for item in fleet)
        return _note_asked([item for item in silent if item.is_silent(now_s)], now_s)

    def find_curable(self) -> list[Instance]:
        """Return those left out that a health check could bring back, each once a second."""
        now_s = self._clock.monotonic_s()
        curable = (item for fleet in self._fleets.values() for item in fleet.curable())
        return _note_asked(list(curable), now_s)

    def eject_hung(self, instance: Instance) -> None:
        """Leave out an instance that does not say that it lives, and tell those who wait for it."""
        fleet = self._fleets[instance.service]
        standing = fleet.find(instance)
        if standing is None or standing.ejection is not None:
            return
        fleet.eject(standing, self._clock.monotonic_s(), Failure.HUNG)
        for turn in list(standing.waiting):
            turn.lose()

    def readmit(self, instance: Instance) -> None:
        """Let an instance come back that says it is well."""
        fleet = self._fleets[instance.service]
        standing = fleet.find(instance)
        if standing is not None and standing.ejection is not None:
            fleet.readmit(standing, self._clock.monotonic_s())

    def _look(self, service: str, now_s: float) -> Fleet:
        fleet = self._fleets.get(service)
        if fleet is None:
            fleet = Fleet(service, self._policy, self._clock, self._observer)
            self._fleets[service] = fleet
        fleet.update(self._source.instances(service), now_s)
        return fleet


def _note_asked(standings: list[Standing], now_s: float) -> list[Instance]:
    due = [item for item in standings if now_s - item.asked_s >= _ASK_AGAIN_S]
    for item in due:
        item.asked_s = now_s
    return [item.instance for item in due]
