"""services.toml as the rules read it, and the table of services that the docs show."""

import tomllib
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from tools.repolint.tree import Tree

REGISTRY_PATH: Final = "services.toml"


class Process(BaseModel):
    """What every entry says; fields that the rules do not need are let through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    port: int
    summary: str


class Service(Process):
    """A [[service]] entry."""

    package: str
    prefixes: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Where its code is, with a slash at the end."""
        return f"src/{self.package.replace('.', '/')}/"


class Registry(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    services: tuple[Service, ...] = Field(default=(), alias="service")
    engines: tuple[Process, ...] = Field(default=(), alias="engine")

    @classmethod
    def of_tree(cls, tree: Tree) -> "Registry":
        """Read the tree's services.toml."""
        return cls.model_validate(tomllib.loads(tree.text(REGISTRY_PATH)))

    @property
    def processes(self) -> tuple[Process, ...]:
        """Services, then engines."""
        return (*self.services, *self.engines)

    def table(self) -> str:
        """Render the table that docs/architecture.md shows."""
        lines = ["| process | port | purpose | leans on |", "|---|---|---|---|"]
        for process in self.processes:
            stores = ", ".join(process.stores) if isinstance(process, Service) else ""
            lines.append(f"| {process.name} | {process.port} | {process.summary} | {stores} |")
        return "\n".join(lines)
