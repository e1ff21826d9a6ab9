"""The processes of the platform as services.toml lists them: names, ports, prefixes, stores."""

import tomllib
from dataclasses import dataclass, replace
from typing import Self

from ai4v.contracts.capability import Task
from ai4v.kit.resource import find_resource


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    name: str
    package: str
    """The Python package with its `app.py`."""
    port: int
    prefixes: tuple[str, ...]
    """The paths that the gateway sends to it; none for the gateway itself."""
    stores: tuple[str, ...]
    """The engines it leans on."""
    tasks: tuple[Task, ...]
    """What it does for users; it then has GET /internal/capabilities."""
    summary: str
    calls: tuple[str, ...] = ()
    """The services that it asks on behalf of its callers."""
    open: tuple[str, ...] = ()
    """The routes that need no credential: a method, a blank and a path; one that ends in `/*` names
    all paths below it. Health needs none anywhere."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One server that services store things in."""

    name: str
    port: int
    summary: str


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that runs, in the order of the file."""

    services: tuple[Service, ...]
    engines: tuple[Engine, ...]

    @property
    def ports(self) -> dict[str, int]:
        """Every port by the name of what listens on it."""
        services = {service.name: service.port for service in self.services}
        return services | {engine.name: engine.port for engine in self.engines}

    def service(self, name: str) -> Service:
        """Return one service.

        Raises:
            KeyError: there is none of that name; the message lists those there are.
        """
        for service in self.services:
            if service.name == name:
                return service
        names = ", ".join(service.name for service in self.services)
        raise KeyError(f"no service is named {name}: there are {names}")

    def engine(self, name: str) -> Engine:
        """Return one engine.

        Raises:
            KeyError: there is none of that name.
        """
        for engine in self.engines:
            if engine.name == name:
                return engine
        raise KeyError(f"no engine is named {name}")

    def shifted(self, shift: int) -> Self:
        """Return the same with every port moved by `shift`.

        Raises:
            ValueError: a port would leave 1 to 65535.
        """
        for name, port in self.ports.items():
            if not 1 <= port + shift <= 65535:
                raise ValueError(f"shifted by {shift}, the port of {name} leaves 1 to 65535")
        return replace(
            self,
            services=tuple(replace(item, port=item.port + shift) for item in self.services),
            engines=tuple(replace(item, port=item.port + shift) for item in self.engines),
        )


def load_topology() -> Topology:
    """Read services.toml.

    Raises:
        ValueError: a task is named that the contracts do not know.
    """
    with find_resource("services.toml").open("rb") as file:
        content = tomllib.load(file)
    services = tuple(
        Service(
            name=entry["name"],
            package=entry["package"],
            port=entry["port"],
            prefixes=tuple(entry["prefixes"]),
            stores=tuple(entry["stores"]),
            tasks=tuple(map(Task, entry.get("tasks", ()))),
            calls=tuple(entry.get("calls", ())),
            open=tuple(entry.get("open", ())),
            summary=entry["summary"],
        )
        for entry in content["service"]
    )
    engines = tuple(
        Engine(entry["name"], entry["port"], entry["summary"]) for entry in content["engine"]
    )
    return Topology(services, engines)
