"""Which instance of a service gets the next request."""

from typing import Final, Protocol

from ai4v.kit.clock import Clock
from ai4v.kit.discovery import NoInstanceError
from ai4v.ports.registry import Instance

_SUSPICION_S: Final = 5.0


class InstanceSource(Protocol):
    """Knows the live instances; the kit's Directory is one."""

    def instances(self, service: str) -> tuple[Instance, ...]:
        """Return those believed alive."""
        ...


class Balancer:
    """Gives each instance its turn, and leaves out one that refused a connection a while ago.

    When all are suspect they are all tried: suspicion never makes a service unavailable.
    """

    def __init__(self, source: InstanceSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._turns: dict[str, int] = {}
        self._suspects: dict[str, float] = {}

    def pick(self, service: str) -> Instance:
        """Return the next instance of `service`.

        Raises:
            NoInstanceError: none is believed alive.
        """
        instances = self._source.instances(service)
        if not instances:
            raise NoInstanceError(f"the {service} service is not available; try again")
        if self._suspects:
            instances = self._leave_out_suspects(instances)
        turn = self._turns.get(service, 0)
        self._turns[service] = turn + 1
        return instances[turn % len(instances)]

    def suspect(self, instance: Instance) -> None:
        """Leave `instance` out for 5 s: it could not be connected to."""
        self._suspects[instance.instance_id] = self._clock.monotonic_s() + _SUSPICION_S

    def _leave_out_suspects(self, instances: tuple[Instance, ...]) -> tuple[Instance, ...]:
        now_s = self._clock.monotonic_s()
        self._suspects = {name: end_s for name, end_s in self._suspects.items() if end_s > now_s}
        trusted = tuple(item for item in instances if item.instance_id not in self._suspects)
        return trusted or instances
