"""What has to run on this machine, and how: the supervisor's list, made from services.toml."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ai4v.adapters.postgres import embedded as postgres
from ai4v.adapters.valkey import embedded as valkey
from ai4v.cli.layout import Layout
from ai4v.cli.orphan import MARK
from ai4v.cli.port import LOOPBACK
from ai4v.cli.probe import Health, probe_service, probe_valkey
from ai4v.cli.replica import Replica, list_ports, list_replicas
from ai4v.cli.secret import Secrets
from ai4v.cli.settings import Settings
from ai4v.cli.unit import UnitPlan, guarded
from ai4v.kit.topology import Service, Topology

EDGE = "gateway"
"""The one service that others than this machine may reach."""

_OURS_ALONE = (
    "AI4V_ADMIN_PASSWORD",
    "AI4V_API_KEY",
    "AI4V_CACHE_URL",
    "AI4V_DATABASE_URL",
    "AI4V_GATEWAY_INTERNAL_PRIVATE_KEY",
    "AI4V_IDENTITY_SECRET",
    "AI4V_INTERNAL_PUBLIC_KEY",
    "AI4V_AUTH_JWT_PRIVATE_KEY",
    "AI4V_AUTH_AUDIT_PRIVATE_KEY",
)
"""Not handed down: the embedded platform has its own, in its secrets folder."""
_CERTIFICATES = ("AI4V_GATEWAY_TLS_CERTIFICATE", "AI4V_TLS_CERTIFICATE")
_STATE_FILE = "AI4V_GATEWAY_STATE_FILE"
_STORE_STOP_S = 60.0
_SERVICE_STOP_S = 15.0
"""More than a service lets its requests finish (10 s)."""
_SERVICE_SILENCE_S = 30.0
"""A service that was well and says nothing for so long hangs: it is killed and started again. The
stores are not: killing a PostgreSQL that is merely slow would cost more than waiting."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Settings, places and names that everything on this machine shares."""

    settings: Settings
    layout: Layout
    topology: Topology
    """With its ports shifted."""
    scale: Mapping[str, int] = field(default_factory=dict)
    """How many processes of a service; one of each that is not named."""

    @property
    def replicas(self) -> tuple[Replica, ...]:
        """Every process of every service."""
        return list_replicas(self.topology, self.scale)

    @property
    def ports(self) -> dict[str, int]:
        """Every port by the name of what listens on it."""
        return list_ports(self.topology, self.scale)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of ours is told."""
        kept = {
            name: value
            for name, value in self.settings.environment.items()
            if name not in _OURS_ALONE
        }
        own = {
            "AI4V_DATA_DIR": str(self.layout.data_dir),
            "AI4V_SECRETS_DIR": str(self.layout.secrets),
            "AI4V_MODEL_DIR": str(self.settings.model_dir),
            "AI4V_AUTH_AUDIT_HEAD_FILE": str(self.layout.audit_head_file),
            "PYTHONUNBUFFERED": "1",
            MARK: str(self.layout.data_dir),
        }
        if kept.keys().isdisjoint({"AI4V_AUTH_PUBLIC_URL", "AI4V_PUBLIC_URL"}):
            edge = self.topology.service(EDGE)
            own["AI4V_AUTH_PUBLIC_URL"] = self.address(edge)
        for service in self.topology.services:
            prefix = f"AI4V_{service.name.upper()}"
            own[f"{prefix}_PORT"] = str(service.port)
            own[f"{prefix}_HOST"] = self.host(service)
        return kept | own

    def host(self, service: Service) -> str:
        """The address on which a service listens."""
        return self.settings.bind if service.name == EDGE else LOOPBACK

    def reachable_host(self, service: Service) -> str:
        """The address at which this machine reaches it."""
        host = self.host(service)
        return {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound

    def is_secure(self, service: Service) -> bool:
        """Whether it speaks TLS."""
        certificates = [self.settings.environment.get(name) for name in _CERTIFICATES]
        return service.name == EDGE and any(certificates)

    def address(self, service: Service) -> str:
        """Where this machine reaches it, scheme to port."""
        scheme = "https" if self.is_secure(service) else "http"
        return f"{scheme}://{self.reachable_host(service)}:{service.port}"

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The command line of our own command line."""
        return (sys.executable, "-m", "ai4v.cli.main", *arguments)


def plan_postgres(platform: Platform, secrets: Secrets) -> UnitPlan:
    """Plan the embedded PostgreSQL."""
    port = platform.topology.engine("postgres").port
    server = postgres.EmbeddedPostgres(platform.layout.postgres, port=port)

    async def prepare() -> tuple[str, ...]:
        await server.prepare(secrets.postgres)
        return server.command()

    async def probe() -> Health | None:
        return "healthy" if await server.is_accepting() else None

    return UnitPlan(
        name="postgres",
        port=port,
        address=f"postgresql://{postgres.HOST}:{port}/{postgres.DATABASE}",
        prepare=prepare,
        environment=postgres.ENVIRONMENT,
        folder=Path("/"),
        log_file=platform.layout.log_file("postgres"),
        probe=probe,
        stop_signal=postgres.STOP_SIGNAL,
        stop_timeout_s=_STORE_STOP_S,
    )


def plan_valkey(platform: Platform, secrets: Secrets) -> UnitPlan:
    """Plan the embedded Valkey."""
    port = platform.topology.engine("valkey").port
    folder = platform.layout.valkey

    async def prepare() -> tuple[str, ...]:
        return guarded(valkey.prepare(folder, port=port, password=secrets.valkey))

    async def probe() -> Health | None:
        return await probe_valkey(valkey.HOST, port, secrets.valkey)

    return UnitPlan(
        name="valkey",
        port=port,
        address=f"valkey://{valkey.HOST}:{port}",
        prepare=prepare,
        environment=_bare(platform.environment),
        folder=folder,
        log_file=platform.layout.log_file("valkey"),
        probe=probe,
        stop_signal=signal.SIGTERM,
        stop_timeout_s=_STORE_STOP_S,
    )


def plan_replica(platform: Platform, replica: Replica) -> UnitPlan:
    """Plan one process of a service."""
    service = replica.service
    own = {f"AI4V_{service.name.upper()}_PORT": str(service.port)}
    if service.name == EDGE and _STATE_FILE not in platform.environment:
        own[_STATE_FILE] = str(platform.layout.directory_file(replica.name))

    async def prepare() -> tuple[str, ...]:
        return guarded(platform.command("serve", service.name))

    async def probe() -> Health | None:
        host, is_secure = platform.reachable_host(service), platform.is_secure(service)
        return await probe_service(host, service.port, service.name, is_secure=is_secure)

    return UnitPlan(
        name=replica.name,
        port=service.port,
        address=platform.address(service),
        prepare=prepare,
        environment=platform.environment | own,
        folder=None,
        log_file=platform.layout.log_file(replica.name),
        probe=probe,
        stop_signal=signal.SIGTERM,
        stop_timeout_s=_SERVICE_STOP_S,
        silence_s=_SERVICE_SILENCE_S,
    )


def _bare(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in ("PATH", "LANG", MARK) if name in environment}
