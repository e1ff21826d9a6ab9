"""One process that is kept running, with real processes."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ai4v.cli.probe import Health
from ai4v.cli.unit import Unit, UnitPlan
from tests.support.poll import until

pytestmark = pytest.mark.connected


class Workshop:
    """Makes units that run shell scripts, and stops them."""

    def __init__(self, folder: Path) -> None:
        self.log_file = folder / "unit.log"
        self.notes: list[str] = []
        self.health: Health | None = "healthy"
        self._units: list[Unit] = []

    def make(
        self, script: str, *, stop_timeout_s: float = 10.0, silence_s: float | None = None
    ) -> Unit:
        async def prepare() -> tuple[str, ...]:
            return ("/bin/sh", "-c", script)

        async def probe() -> Health | None:
            return self.health

        plan = UnitPlan(
            name="unit",
            port=1,
            address="nowhere",
            prepare=prepare,
            environment={"PATH": "/usr/bin:/bin"},
            folder=None,
            log_file=self.log_file,
            probe=probe,
            stop_signal=signal.SIGTERM,
            stop_timeout_s=stop_timeout_s,
            silence_s=silence_s,
        )
        unit = Unit(plan, self.notes.append)
        self._units.append(unit)
        return unit

    async def until_said(self, text: str) -> None:
        async def is_said() -> bool:
            return self.log_file.exists() and text in self.log_file.read_text()

        await until(is_said)

    async def close(self) -> None:
        for unit in self._units:
            await unit.stop()


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    workshop = Workshop(tmp_path)
    yield workshop
    await workshop.close()


async def test_process_that_ends_is_started_again_with_longer_pauses(workshop: Workshop) -> None:
    unit = workshop.make("echo run; exit 3")
    unit.start()

    async def has_died_twice() -> bool:
        return unit.deaths >= 2

    await until(has_died_twice)
    ends = [note for note in workshop.notes if "ended" in note]
    assert ends[:2] == [
        "unit ended with status 3; starts again in 0.2 s",
        "unit ended with status 3; starts again in 0.4 s",
    ]


async def test_health_is_starting_until_the_first_answer(workshop: Workshop) -> None:
    unit = workshop.make("echo up; exec sleep 60")
    workshop.health = None
    unit.start()
    await workshop.until_said("up")
    await unit.look()
    assert unit.state.health == "starting"
    workshop.health = "healthy"
    await unit.look()
    assert unit.state.health == "healthy"
    assert unit.state.pid is not None
    workshop.health = None
    await unit.look()
    assert unit.state.health == "unhealthy"


async def test_stop_lets_the_process_finish(workshop: Workshop) -> None:
    unit = workshop.make("trap 'kill $!; echo finished; exit 0' TERM; sleep 60 & echo up; wait")
    unit.start()
    await workshop.until_said("up")
    await unit.stop()
    assert workshop.log_file.read_text() == "up\nfinished\n"
    assert unit.state.pid is None
    assert unit.deaths == 0


async def test_process_that_does_not_end_is_killed(workshop: Workshop) -> None:
    unit = workshop.make("trap '' TERM; echo up; while :; do sleep 0.1; done", stop_timeout_s=0.3)
    unit.start()
    await workshop.until_said("up")
    await unit.stop()
    assert "unit did not end in 0 s: killed" in workshop.notes
    assert unit.state.pid is None


async def test_command_that_cannot_start_is_tried_again(workshop: Workshop) -> None:
    unit = workshop.make("exec /nowhere/at/all")
    unit.start()

    async def has_died() -> bool:
        return unit.deaths >= 1

    await until(has_died)
    assert unit.health == "down"


async def test_process_that_falls_silent_is_killed_and_started_again(workshop: Workshop) -> None:
    unit = workshop.make("echo up; exec sleep 60", silence_s=0.0)
    unit.start()
    await workshop.until_said("up")
    await unit.look()
    workshop.health = None
    await unit.look()

    async def has_died() -> bool:
        return unit.deaths == 1

    await until(has_died)
    assert "unit has not answered for 0 s: killed" in workshop.notes


async def test_process_that_never_answered_is_given_its_time(workshop: Workshop) -> None:
    unit = workshop.make("echo up; exec sleep 60", silence_s=0.0)
    workshop.health = None
    unit.start()
    await workshop.until_said("up")
    await unit.look()
    assert unit.state.health == "starting"
    assert unit.deaths == 0
    assert workshop.notes[-1].startswith("unit runs as pid")
