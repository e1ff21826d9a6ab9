"""One process that is kept running."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ai4v.cli.log import open_log, rotate
from ai4v.cli.probe import Health
from ai4v.cli.state import UnitState

_SHORTEST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
_STABLE_S = 30.0
"""A process that ran so long starts its back-off anew."""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What a unit runs and how it is looked after."""

    name: str
    port: int
    address: str
    prepare: Callable[[], Awaitable[tuple[str, ...]]]
    """Called before every start; returns the command."""
    environment: Mapping[str, str]
    folder: Path | None
    """The working directory; None keeps ours."""
    log_file: Path
    probe: Callable[[], Awaitable[Health | None]]
    """Asks how the process is; None when it does not answer."""
    stop_signal: signal.Signals
    stop_timeout_s: float
    """How long it may take to end before it is killed."""
    silence_s: float | None = None
    """How long a process that was well may not answer before it is killed; None: for ever."""


class Unit:
    """Starts the process, starts it again when it dies, and stops it when told to."""

    def __init__(self, plan: UnitPlan, note: Callable[[str], None]) -> None:
        self.plan = plan
        self._note = note
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._health: Health = "starting"
        self._heard_at: float | None = None
        self._deaths = 0

    @property
    def health(self) -> Health:
        """As last looked at."""
        return self._health

    @property
    def deaths(self) -> int:
        """How often the process ended by itself."""
        return self._deaths

    @property
    def state(self) -> UnitState:
        """For the state file."""
        return UnitState(
            name=self.plan.name,
            port=self.plan.port,
            address=self.plan.address,
            health=self._health,
            pid=self._process.pid if self._process else None,
            restarts=self._deaths,
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._keeper = asyncio.create_task(self._keep(), name=self.plan.name)

    async def look(self) -> None:
        """Ask the process how it is."""
        if self._process is None:
            return
        asked = self._process
        health = await self.plan.probe()
        if self._process is not asked:
            return
        if health is not None:
            self._health = health
            self._heard_at = asyncio.get_running_loop().time()
        elif self._health != "starting":
            self._health = "unhealthy"
            self._end_when_hung()
        rotate(self.plan.log_file)

    async def stop(self) -> None:
        """End the process in its own way, or after the time it has, by force."""
        self._stopping.set()
        if self._keeper is None:
            return
        process = self._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.plan.stop_signal)
        try:
            async with asyncio.timeout(self.plan.stop_timeout_s):
                await asyncio.shield(self._keeper)
        except TimeoutError:
            self._note(f"{self.plan.name} did not end in {self.plan.stop_timeout_s:.0f} s: killed")
            with contextlib.suppress(ProcessLookupError):
                if self._process is not None:
                    self._process.kill()
            await self._keeper

    def _end_when_hung(self) -> None:
        if self.plan.silence_s is None or self._heard_at is None or self._process is None:
            return
        silence_s = asyncio.get_running_loop().time() - self._heard_at
        if silence_s > self.plan.silence_s:
            self._note(f"{self.plan.name} has not answered for {silence_s:.0f} s: killed")
            self._heard_at = None
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _keep(self) -> None:
        pause_s = _SHORTEST_PAUSE_S
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            end = await self._run_once()
            if self._stopping.is_set():
                return
            if loop.time() - began > _STABLE_S:
                pause_s = _SHORTEST_PAUSE_S
            self._deaths += 1
            self._note(f"{self.plan.name} {end}; starts again in {pause_s:.1f} s")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _run_once(self) -> str:
        """Run the process to its end; return how it ended."""
        try:
            command = await self.plan.prepare()
            with open_log(self.plan.log_file) as log:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self.plan.folder,
                    env=self.plan.environment,
                    start_new_session=True,
                )
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, it is tried again
            return f"cannot start: {error}"
        self._health = "starting"
        self._heard_at = None
        self._note(f"{self.plan.name} runs as pid {self._process.pid}")
        if self._stopping.is_set():
            self._process.send_signal(self.plan.stop_signal)
        code = await self._process.wait()
        self._process = None
        self._health = "down"
        return f"ended with {_describe(code)}"


def guarded(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command so that it is killed when the thread that starts it ends.

    Raises:
        FileNotFoundError: setpriv (util-linux) is not installed.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise FileNotFoundError("setpriv is not installed: install the system package util-linux")
    return (setpriv, "--pdeathsig", "KILL", "--", *command)


def _describe(code: int) -> str:
    if code >= 0:
        return f"status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
