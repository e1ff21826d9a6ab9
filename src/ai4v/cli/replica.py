"""Several processes of one service: how they are called and where each listens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ai4v.cli.failure import CommandError
from ai4v.kit.topology import Service, Topology

MOST: Final = 9
"""Processes of one service; the ports of the next service but one begin beyond."""
_STEP: Final = 100


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service."""

    name: str
    """`asr` for the first, then `asr-2`, `asr-3`."""
    service: Service
    """With the port of this process: that of services.toml, each further one 100 higher."""


def parse_scale(wishes: Iterable[str], topology: Topology) -> dict[str, int]:
    """Read `asr=3` and its like; a service that is not named runs once.

    Raises:
        CommandError: no such service, no such count, or ports that another process has.
    """
    scale: dict[str, int] = {}
    known = [service.name for service in topology.services]
    for wish in wishes:
        name, _, count = wish.partition("=")
        if name not in known:
            raise CommandError(f"--scale {wish}: no such service: there are {', '.join(known)}")
        if not count.isascii() or not count.isdigit() or not 1 <= int(count) <= MOST:
            raise CommandError(f"--scale {wish}: say {name}=1 to {name}={MOST}")
        scale[name] = int(count)
    _check_ports(list_ports(topology, scale))
    return scale


def list_replicas(topology: Topology, scale: Mapping[str, int]) -> tuple[Replica, ...]:
    """Return every process of every service, in the order of services.toml."""
    return tuple(
        Replica(
            service.name if number == 0 else f"{service.name}-{number + 1}",
            replace(service, port=service.port + number * _STEP),
        )
        for service in topology.services
        for number in range(scale.get(service.name, 1))
    )


def list_ports(topology: Topology, scale: Mapping[str, int]) -> dict[str, int]:
    """Return every port by the name of what listens on it."""
    engines = {engine.name: engine.port for engine in topology.engines}
    replicas = list_replicas(topology, scale)
    return {replica.name: replica.service.port for replica in replicas} | engines


def spell_scale(scale: Mapping[str, int]) -> Iterator[str]:
    """Yield the arguments that `parse_scale` reads."""
    for name, count in scale.items():
        yield from ("--scale", f"{name}={count}")


def _check_ports(ports: Mapping[str, int]) -> None:
    taken: dict[int, str] = {}
    for name, port in ports.items():
        if port > 65535:
            raise CommandError(f"--scale: the port of {name} would be {port}")
        if port in taken:
            raise CommandError(f"--scale: {name} and {taken[port]} would both have port {port}")
        taken[port] = name
