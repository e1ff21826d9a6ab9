"""Whether the ports are free, and who has those that are not."""

import errno
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ai4v.cli.failure import CommandError
from ai4v.kit.topology import Topology

LOOPBACK = "127.0.0.1"
_SHIFTS = (10_000, 20_000, 30_000, 40_000, 1_000, 2_000)


@dataclass(frozen=True, slots=True)
class BusyPort:
    """A port that somebody else has."""

    name: str
    port: int
    holder: str
    """Process id and command, as far as they can be seen."""


def is_free(host: str, port: int) -> bool:
    """Tell whether one could listen there now.

    Raises:
        CommandError: nobody could, whoever listens there: no such address, or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            reason = error.strerror
            advice = "" if host == LOOPBACK else "; choose another address with AI4V_BIND"
            raise CommandError(f"cannot listen on {host}, port {port}: {reason}{advice}") from None
    return True


def find_busy(ports: Mapping[str, int], hosts: Mapping[str, str]) -> tuple[BusyPort, ...]:
    """Return those that are taken.

    Args:
        ports: by the name of what wants to listen there.
        hosts: the address to listen on where it is not 127.0.0.1.
    """
    return tuple(
        BusyPort(name, port, describe_holder(port))
        for name, port in ports.items()
        if not is_free(hosts.get(name, LOOPBACK), port)
    )


def explain_busy(busy: Iterable[BusyPort], topology: Topology) -> str:
    """Say who has which port and what can be done.

    Args:
        busy: what is taken.
        topology: with its ports as services.toml has them.
    """
    lines = [
        f"port {item.port}, which {item.name} needs, is taken by {item.holder}" for item in busy
    ]
    shift = find_shift(topology)
    offer = f"AI4V_PORT_SHIFT={shift} ai4v up" if shift else "AI4V_PORT_SHIFT=<number> ai4v up"
    return "\n".join([*lines, f"end it, or move every port of the platform: {offer}"])


def find_shift(topology: Topology) -> int | None:
    """Return a shift under which every port is free now; None when none of ours does it."""
    for shift in _SHIFTS:
        if all(
            port + shift <= 65535 and is_free(LOOPBACK, port + shift)
            for port in topology.ports.values()
        ):
            return shift
    return None


def describe_holder(port: int) -> str:
    """Name the process that listens on `port`."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
                if connection.pid is None:
                    break
                words = " ".join(psutil.Process(connection.pid).cmdline()).split()
                return f"pid {connection.pid} ({' '.join(words)[:120] or '?'})"
    except psutil.Error:
        pass
    return "a process that we may not look at"
