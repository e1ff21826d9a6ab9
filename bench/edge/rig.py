"""The rig: stores, the gateway and what it is compared with, each on the core it belongs to.

What is measured has core 0 to itself; the load, the stores and what stands behind have core 1.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.cli.layout import Layout
from ai4v.cli.plan import Platform, plan_postgres, plan_replica, plan_valkey
from ai4v.cli.secret import prepare_secrets
from ai4v.cli.settings import Settings
from ai4v.cli.unit import Unit, UnitPlan
from ai4v.contracts.identity import (
    CREDENTIAL_CACHE_S,
    Principal,
    RateLimits,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.kit.discovery import Lease
from ai4v.kit.seal import Seal
from ai4v.kit.sealedcache import SealedCache
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.kit.topology import load_topology
from ai4v.ports.registry import Instance
from ai4v.services.auth.key.apikey import mint_key

MEASURED: Final = 0
"""The core of what is measured."""
REST: Final = 1
_SHIFT: Final = 21_000
_LIMIT: Final = 1_000_000_000
_START_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.1


@dataclass
class Rig:
    """What runs, and how to start more."""

    platform: Platform
    stack: AsyncExitStack
    cache: SealedCache
    registry: SealedRegistry
    cache_url: str
    key: str

    @property
    def folder(self) -> Path:
        """For files of what is started."""
        return self.platform.layout.data_dir

    def port(self, name: str) -> int:
        """Return the port of a service of ours."""
        return self.platform.topology.service(name).port

    async def know_key(self) -> None:
        """Let the shared cache know the key, as after the auth service was asked."""
        principal = Principal(
            user_id=uuid4(),
            role=Role.USER,
            permissions=FIRST_PERMISSIONS[Role.USER],
            key_id=uuid4(),
            limits=RateLimits(
                per_minute=_LIMIT,
                per_hour=_LIMIT,
                per_day=_LIMIT,
                audio_s_per_day=_LIMIT,
                characters_per_day=_LIMIT,
            ),
        )
        await self.cache.put(
            credential_cache_key(hash_credential(self.key)),
            VerifiedCredential(principal=principal).model_dump_json().encode(),
            ttl_s=CREDENTIAL_CACHE_S,
        )

    async def list_instance(self, service: str, port: int) -> None:
        """Have the gateway find `service` at a port, until the rig ends."""
        instance = Instance(service, uuid4().hex, f"http://127.0.0.1:{port}")
        await self.stack.enter_async_context(Lease(self.registry, instance))

    async def start_service(self, name: str, environment: dict[str, str] | None = None) -> Unit:
        """Start a service of ours on the measured core and wait until it answers."""
        replica = next(item for item in self.platform.replicas if item.name == name)
        plan = plan_replica(self.platform, replica)
        plan = replace(plan, environment={**plan.environment, **(environment or {})})
        return await start_unit(self.stack, plan, MEASURED)

    async def spawn(self, core: int, *command: str) -> subprocess.Popen[bytes]:
        """Start a program on a core; it is ended with the rig."""
        return await self.spawn_with(dict(os.environ), core, *command)  # noqa: TID251 - handed on

    async def spawn_with(
        self, environment: dict[str, str], core: int, *command: str
    ) -> subprocess.Popen[bytes]:
        """Start a program with an environment of its own."""
        log = (self.folder / "spawn.log").open("ab")
        self.stack.callback(log.close)
        process = subprocess.Popen(
            ("taskset", "-c", str(core), *command),
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
        self.stack.callback(_end, process)
        return process

    async def await_port(self, port: int) -> None:
        """Return once somebody listens there."""
        async with asyncio.timeout(_START_TIMEOUT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(_POLL_S)
                else:
                    writer.close()
                    return


@asynccontextmanager
async def open_rig() -> AsyncIterator[Rig]:
    """Start PostgreSQL and Valkey with our schemas; stop all and remove it at the end."""
    data_dir = Path(tempfile.mkdtemp(prefix="ai4v-bench-"))
    data_dir.chmod(0o711)
    environment = {**os.environ, "AI4V_DATA_DIR": str(data_dir)}  # noqa: TID251 - handed on
    layout = Layout(data_dir)
    layout.create()
    platform = Platform(Settings.load(environment), layout, load_topology().shifted(_SHIFT))
    secrets = prepare_secrets(layout.secrets, platform.topology)
    cache_url = (layout.secrets / "ai4v_cache_url").read_text()
    os.sched_setaffinity(0, {REST})
    try:
        async with AsyncExitStack() as stack:
            for plan in (plan_postgres(platform, secrets), plan_valkey(platform, secrets)):
                await start_unit(stack, plan, REST)
            migrate = platform.command("migrate")
            subprocess.run(migrate, env=platform.environment, check=True)
            connection = await stack.enter_async_context(ValkeyConnection(cache_url))
            seal = Seal((layout.secrets / "ai4v_identity_secret").read_text())
            cache = SealedCache(ValkeyCache(connection), seal)
            registry = SealedRegistry(ValkeyRegistry(connection), seal)
            rig = Rig(platform, stack, cache, registry, cache_url, mint_key(uuid4()))
            await rig.know_key()
            yield rig
    finally:
        shutil.rmtree(data_dir)


async def start_unit(stack: AsyncExitStack, plan: UnitPlan, core: int) -> Unit:
    """Start a process of the platform on a core and wait until it answers."""
    unit = Unit(plan, lambda note: print(f"  {note}", file=sys.stderr))
    stack.push_async_callback(unit.stop)
    unit.start()
    async with asyncio.timeout(_START_TIMEOUT_S):
        while unit.health not in {"healthy", "degraded"}:
            await asyncio.sleep(_POLL_S)
            await unit.look()
    if unit.state.pid is not None:
        pin(unit.state.pid, core)
    return unit


def pin(pid: int, core: int) -> None:
    """Keep every thread of a process on a core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
