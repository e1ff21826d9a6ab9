"""What services.toml says of the services: their prefixes for routing, their tasks for the user."""

import tomllib

from ai4v.contracts.capability import Task
from ai4v.kit.resource import find_resource
from ai4v.kit.topology import Topology
from ai4v.services.gateway.service import KnownService


def list_services(topology: Topology) -> tuple[KnownService, ...]:
    """Return every service, with the tasks it serves.

    Raises:
        ValueError: a task is named that the contracts do not know.
    """
    tasks = _read_tasks()
    return tuple(
        KnownService(service.name, service.summary, tasks.get(service.name, ()))
        for service in topology.services
    )


def _read_tasks() -> dict[str, tuple[Task, ...]]:
    with find_resource("services.toml").open("rb") as file:
        entries = tomllib.load(file)["service"]
    return {entry["name"]: tuple(map(Task, entry.get("tasks", ()))) for entry in entries}
