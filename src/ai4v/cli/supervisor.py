"""Runs the platform on one machine: starts everything in order, keeps it running, stops it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Sequence

from ai4v.cli.failure import CommandError
from ai4v.cli.log import note, open_log, quote_tail, rotate
from ai4v.cli.orphan import end_orphans
from ai4v.cli.plan import EDGE, Platform, plan_postgres, plan_replica, plan_valkey
from ai4v.cli.port import explain_busy, find_busy
from ai4v.cli.secret import prepare_secrets
from ai4v.cli.state import Phase, State, write_state
from ai4v.cli.unit import Unit, UnitPlan, guarded
from ai4v.kit.topology import load_topology

_START_TIMEOUT_S = 180.0
_SETTLE_TIMEOUT_S = 15.0
"""How long those that serve, degraded, may take to find each other."""
_LOOK_S = 2.0
_FIRST_LOOK_S = 0.25
_HOPELESS_DEATHS = 3
"""A process that ends so often before it was ever well stops the start."""


class Supervisor:
    """One run of the platform; the caller holds the data folder."""

    def __init__(self, platform: Platform, *, is_model_left_out: bool) -> None:
        self._platform = platform
        self._is_model_left_out = is_model_left_out
        self._groups: list[list[Unit]] = []
        self._phase: Phase = "starting"
        self._is_first_run = False
        self._told_to_stop = asyncio.Event()
        self._recorded: State | None = None

    async def run(self, on_ready: Callable[[State], None]) -> None:
        """Start, call `on_ready`, and stop when a signal says so. No process is left behind.

        Raises:
            CommandError: the start failed; all that was started is stopped.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                loop.add_signal_handler(number, self._told_to_stop.set)
        looking = asyncio.create_task(self._look_again(), name="look")
        try:
            if await self._unless_stopped(self._start()):
                self._phase = "ready"
                self._record()
                self._note("ready")
                on_ready(self._state())
                await self._told_to_stop.wait()
        finally:
            looking.cancel()
            await self._stop()

    async def _unless_stopped(self, work: Coroutine[object, object, None]) -> bool:
        """Do `work` to its end and return true, or give it up when we are told to stop."""
        task = asyncio.create_task(work, name="start")
        stop = asyncio.create_task(self._told_to_stop.wait(), name="stop")
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            await task
            return True
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return False

    async def _start(self) -> None:
        platform = self._platform
        self._record()
        for pid in await end_orphans(platform.layout.data_dir):
            self._note(f"ended pid {pid}, left over by a supervisor that was killed")
        secrets = prepare_secrets(platform.layout.secrets, platform.topology)
        postgres = plan_postgres(platform, secrets)
        await postgres.prepare()
        self._check_ports()
        await self._bring_up([postgres], [plan_valkey(platform, secrets)])
        await self._run_once("migrate")
        inner: list[UnitPlan] = []
        outer: list[UnitPlan] = []
        for replica in platform.replicas:
            group = outer if replica.service.name == EDGE else inner
            group.append(plan_replica(platform, replica))
        await self._bring_up(inner, outer)
        if not platform.layout.first_run_file.exists():
            await self._run_once("bootstrap")
            self._is_first_run = platform.layout.first_run_file.exists()

    def _check_ports(self) -> None:
        platform = self._platform
        hosts = {item.name: platform.host(item.service) for item in platform.replicas}
        if busy := find_busy(platform.ports, hosts):
            raise CommandError(explain_busy(busy, load_topology()))

    async def _bring_up(self, *groups: Sequence[UnitPlan]) -> None:
        """Start groups, to be stopped in the reverse order, and wait until all are healthy.

        One that stays degraded serves, and does not keep the others from being announced. With a
        model left out it is enough that its service answers.
        """
        fresh = []
        for group in groups:
            units = [Unit(plan, self._note) for plan in group]
            self._groups.append(units)
            fresh.extend(units)
            for unit in units:
                unit.start()
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._wait_until(fresh, self._is_up)
        except TimeoutError:
            late = next(unit for unit in fresh if not self._is_up(unit))
            raise self._failure(late, f"is not healthy after {_START_TIMEOUT_S:.0f} s") from None
        if self._is_model_left_out:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_TIMEOUT_S):
                await self._wait_until(fresh, lambda unit: unit.health == "healthy")

    async def _wait_until(self, units: Sequence[Unit], condition: Callable[[Unit], bool]) -> None:
        while not all(condition(unit) for unit in units):
            for unit in units:
                self._check_hope(unit)
            await self._look(units)
            await asyncio.sleep(_FIRST_LOOK_S)

    def _is_up(self, unit: Unit) -> bool:
        if self._is_model_left_out:
            return unit.health in {"healthy", "degraded", "unhealthy"}
        return unit.health in {"healthy", "degraded"}

    def _check_hope(self, unit: Unit) -> None:
        if unit.deaths >= _HOPELESS_DEATHS:
            raise self._failure(unit, "does not start")

    def _failure(self, unit: Unit, what: str) -> CommandError:
        tail = quote_tail(unit.plan.log_file)
        return CommandError(f"{unit.plan.name} {what}; {unit.plan.log_file} ends with:\n{tail}")

    async def _run_once(self, command: str) -> None:
        """Run one of our own commands to its end, in a process of its own."""
        log_file = self._platform.layout.log_file(command)
        with open_log(log_file) as log:
            process = await asyncio.create_subprocess_exec(
                *guarded(self._platform.command(command)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._platform.environment,
                start_new_session=True,
            )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise
        if code != 0:
            tail = quote_tail(log_file)
            raise CommandError(f"{command} failed; {log_file} ends with:\n{tail}")

    async def _look_again(self) -> None:
        """Keep the recorded health true."""
        log_file = self._platform.layout.log_file("supervisor")
        while True:
            await asyncio.sleep(_LOOK_S)
            await self._look(self._units())
            self._record()
            rotate(log_file)

    async def _look(self, units: Sequence[Unit]) -> None:
        await asyncio.gather(*(unit.look() for unit in units))

    async def _stop(self) -> None:
        self._phase = "stopping"
        self._record()
        for group in reversed(self._groups):
            await asyncio.gather(*(unit.stop() for unit in group))
            self._note(f"stopped {', '.join(unit.plan.name for unit in group)}")
        for pid in await end_orphans(self._platform.layout.data_dir):
            self._note(f"ended pid {pid}, which a service had left")
        self._platform.layout.state_file.unlink(missing_ok=True)
        self._note("stopped")

    def _units(self) -> list[Unit]:
        return [unit for group in self._groups for unit in group]

    def _state(self) -> State:
        return State(
            phase=self._phase,
            pid=os.getpid(),
            is_first_run=self._is_first_run,
            units=tuple(unit.state for unit in self._units()),
        )

    def _record(self) -> None:
        state = self._state()
        if state != self._recorded and write_state(self._platform.layout.state_file, state):
            self._recorded = state

    def _note(self, message: str) -> None:
        note(self._platform.layout.log_file("supervisor"), message)
