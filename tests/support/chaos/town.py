"""The town: real stores, auth, gateways and echoing replicas, each a process that can be harmed."""

import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx2
import psutil

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.cli.layout import Layout
from ai4v.cli.plan import EDGE, Platform, plan_postgres, plan_replica, plan_valkey
from ai4v.cli.replica import Replica, list_ports
from ai4v.cli.secret import prepare_secrets
from ai4v.cli.settings import Settings
from ai4v.cli.unit import Unit, UnitPlan, guarded
from ai4v.contracts.identity import FirstRun
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.topology import load_topology
from ai4v.ports.cache import CacheUnavailableError
from tests.support.platform import REPOSITORY, find_free_shift
from tests.support.poll import until

_UNLIMITED: Final = {"per_minute": 1_000_000, "per_hour": 1_000_000, "per_day": 1_000_000}
_ECHO: Final = "tests.support.chaos.replica"
_OUT_OF_REACH: Final = {
    "AI4V_GATEWAY_ADDRESS_PER_MINUTE": "100000000",
    "AI4V_GATEWAY_OPEN_PER_MINUTE": "100000000",
    "AI4V_GATEWAY_SIGN_INS_PER_MINUTE": "100000000",
    "AI4V_GATEWAY_REFUSALS_PER_MINUTE": "100000000",
    "AI4V_GATEWAY_STREAMS_PER_KEY": "1000",
}
"""All callers are one address here."""
_HEALTHY: Final = ("healthy", "degraded")


@dataclass
class Town:
    """What runs."""

    platform: Platform
    stack: AsyncExitStack
    environment: Mapping[str, str] = field(default_factory=dict)
    """More for our own services."""
    stores: dict[str, UnitPlan] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    """Modules that stand in for services; asr and nmt echo where nothing is said."""
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """More for single processes, by name."""
    first_run: FirstRun | None = None

    def address(self, name: str) -> str:
        """Return where a process listens: gateway, gateway-2, asr-3, ..."""
        return f"http://127.0.0.1:{self._replica(name).service.port}"

    def process(self, name: str) -> psutil.Process:
        """Return a process that runs now."""
        pid = self.units[name].state.pid
        assert pid is not None, f"{name} does not run"
        return psutil.Process(pid)

    async def start(self, *names: str) -> None:
        """Start processes and wait until they are well."""
        for name in names:
            unit = Unit(self.stores.get(name) or self._plan(name), lambda _note: None)
            self.units[name] = unit
            unit.start()
        await asyncio.gather(*(self.await_health(name) for name in names))

    async def kill_for_good(self, name: str) -> None:
        """Kill a process that is then not started again until `start` is called."""
        pid = self.process(name).pid
        stopping = asyncio.create_task(self.units[name].stop())
        os.kill(pid, signal.SIGKILL)
        await stopping

    async def await_health(self, name: str) -> None:
        """Return once a process is well."""

        async def is_well() -> bool:
            await self.units[name].look()
            return self.units[name].health in _HEALTHY

        await until(is_well, timeout_s=60.0)

    async def await_listed(self, service: str, count: int) -> None:
        """Return once every gateway sends requests to so many instances of a service."""

        async def is_listed() -> bool:
            for name in self.units:
                if name.startswith(EDGE) and await self._count(name, service) != count:
                    return False
            return True

        await until(is_listed)

    async def restart(self, name: str) -> None:
        """Have a process drain and end, and wait until it is back and well."""
        ended = self.process(name)
        ended.terminate()

        async def is_back() -> bool:
            pid = self.units[name].state.pid
            return pid is not None and pid != ended.pid

        await until(is_back)
        await self.await_health(name)

    async def ask(
        self, name: str, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """Ask a process past the gateway, as the gateway does for itself."""
        secret = self.platform.layout.secrets / "ai4v_gateway_internal_private_key"
        signer = TokenSigner(secret.read_text(), service=EDGE)
        headers = {TOKEN_HEADER: signer.sign(None, self._replica(name).service.name)}
        async with httpx2.AsyncClient(base_url=self.address(name)) as client:
            answer = await client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, object] = answer.json() or {}
        return found

    @property
    def database_url(self) -> str:
        """Where the rows are, as the services are told."""
        return (self.platform.layout.secrets / "ai4v_database_url").read_text()

    async def valkey(self, *command: str) -> object:
        """Run a command in Valkey, past everything."""
        url = (self.platform.layout.secrets / "ai4v_cache_url").read_text()
        async with ValkeyConnection(url) as connection:
            return await connection.execute(CacheUnavailableError, *command)

    async def behave(self, name: str, **behaviour: object) -> None:
        """Tell a replica how to answer from now on; what is not said is as at first."""
        await self.ask(name, "POST", "/internal/behaviour", behaviour)

    async def account(self, name: str) -> dict[str, object]:
        """Return what a replica was asked."""
        return await self.ask(name, "GET", "/internal/account")

    async def metric(self, name: str, prefix: str) -> float:
        """Return the sum of a process's metrics whose name and labels begin so."""
        async with httpx2.AsyncClient(base_url=self.address(name)) as client:
            lines = (await client.get("/metrics")).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))

    async def sign_in(self, gateway: str = EDGE) -> str:
        """Return an access token of the administrator."""
        if self.first_run is None:
            bootstrap = await asyncio.create_subprocess_exec(
                *self.platform.command("bootstrap"), env=self.platform.environment
            )
            assert await bootstrap.wait() == 0
            content = self.platform.layout.first_run_file.read_bytes()
            self.first_run = FirstRun.model_validate_json(content)
        login = {"username": self.first_run.username, "password": self.first_run.password}
        async with httpx2.AsyncClient(base_url=self.address(gateway)) as client:
            answer = await client.post("/api/v1/auth/login", json=login)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def make_key(self, token: str, **limits: int) -> tuple[str, str]:
        """Make a key with limits out of reach but for those given; return its id and itself."""
        body = {"name": "chaos", "limits": {**_UNLIMITED, **limits}}
        async with httpx2.AsyncClient(base_url=self.address(EDGE)) as client:
            headers = {"authorization": f"Bearer {token}"}
            answer = await client.post("/api/v1/auth/keys", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["key"]

    async def _count(self, gateway: str, service: str) -> int:
        async with httpx2.AsyncClient(base_url=self.address(gateway)) as client:
            status = (await client.get("/api/v1/status")).json()
        found = next(item for item in status["services"] if item["name"] == service)
        return len(found["instances"])

    def _replica(self, name: str) -> Replica:
        return next(item for item in self.platform.replicas if item.name == name)

    def _plan(self, name: str) -> UnitPlan:
        replica = self._replica(name)
        plan = plan_replica(self.platform, replica)
        paths = f"{REPOSITORY}:{REPOSITORY / 'src'}"
        own = {**_OUT_OF_REACH, **self.environment, **self.own.get(name, {}), "PYTHONPATH": paths}
        plan = replace(plan, environment={**plan.environment, **own}, silence_s=None)
        if replica.service.name in {"asr", "nmt"}:
            module = self.programs.get(replica.service.name, _ECHO)
            plan = replace(plan, prepare=_prepare(module, replica))
        return plan


@asynccontextmanager
async def open_town(
    scale: Mapping[str, int],
    environment: Mapping[str, str] | None = None,
    programs: Mapping[str, str] | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Town]:
    """Start the stores, auth, the gateways and the replicas of asr and nmt that `scale` counts.

    What is not counted is one gateway, one auth, no asr and no nmt. The rest is as in `Town`.
    """
    data_dir = _make_folder()
    shift = find_free_shift()
    place = {"AI4V_DATA_DIR": str(data_dir), "AI4V_PORT_SHIFT": str(shift)}
    settings = Settings.load({**os.environ, **place})  # noqa: TID251 - handed on
    layout = Layout(data_dir)
    layout.create()
    topology = load_topology().shifted(shift)
    platform = Platform(settings, layout, topology, scale)
    secrets = prepare_secrets(layout.secrets, topology)
    try:
        async with AsyncExitStack() as stack:
            town = Town(platform, stack, environment or {}, programs=programs or {}, own=own or {})
            stack.push_async_callback(_stop, town)
            for plan in (plan_postgres(platform, secrets), plan_valkey(platform, secrets)):
                town.stores[plan.name] = plan
            await town.start(*town.stores)
            migrate = await asyncio.create_subprocess_exec(
                *platform.command("migrate"), env=platform.environment
            )
            assert await migrate.wait() == 0
            ports = list_ports(topology, scale)
            echoing = [name for name in ports if _base(name) in {"asr", "nmt"} & scale.keys()]
            await town.start("auth", *echoing)
            await town.start(*(name for name in ports if _base(name) == EDGE))
            for service in {_base(name) for name in echoing}:
                await town.await_listed(service, scale[service])
            yield town
    finally:
        shutil.rmtree(data_dir)


def _make_folder() -> Path:
    """Make a folder that the unprivileged user of PostgreSQL can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="ai4v-chaos-"))
    folder.chmod(0o711)
    return folder


def choose_seed() -> int:
    """Return the seed of this run, which is printed; AI4V_CHAOS_SEED fixes it."""
    given = os.environ.get("AI4V_CHAOS_SEED")  # noqa: TID251 - of the tests alone
    seed = int(given) if given else 20_261_125
    sys.stderr.write(f"\nseed {seed}\n")
    random.seed(seed)
    return seed


def _base(name: str) -> str:
    return name.partition("-")[0]


def _prepare(module: str, replica: Replica) -> Callable[[], Awaitable[tuple[str, ...]]]:
    async def prepare() -> tuple[str, ...]:
        service = replica.service
        return guarded((sys.executable, "-m", module, service.name, str(service.port)))

    return prepare


async def _stop(town: Town) -> None:
    """Wake what was paused, then stop all, the stores last."""
    for name in town.units:
        if (pid := town.units[name].state.pid) is not None:
            os.kill(pid, signal.SIGCONT)
    stores = ("valkey", "postgres")
    others = [unit for name, unit in town.units.items() if name not in stores]
    await asyncio.gather(*(unit.stop() for unit in others))
    for name in stores:
        if name in town.units:
            await town.units[name].stop()
