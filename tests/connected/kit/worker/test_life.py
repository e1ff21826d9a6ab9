import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
    WorkerState,
    backoff_s,
)
from tests.support.worker_case import echo, hold, pid_of, spec, until
from tests.support.worker_probe import FACTORY, Hold, Settings, Text

pytestmark = pytest.mark.connected


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(spec())
    await worker.start()
    yield worker
    await worker.close()


class TestDeath:
    async def test_a_kill_in_mid_call_fails_it_and_the_worker_comes_back(
        self, worker: Worker
    ) -> None:
        before = pid_of(worker)
        running = asyncio.create_task(hold(worker, 20.0))
        await asyncio.sleep(0.02)
        os.kill(before, signal.SIGKILL)
        with pytest.raises(WorkerDiedError) as failure:
            await running
        assert failure.value.status == 503
        assert failure.value.retry_after_s
        assert await echo(worker, "back") == "back"
        assert worker.pid != before
        assert not psutil.pid_exists(before)

    async def test_calls_that_waited_behind_a_killer_are_carried_out(self, worker: Worker) -> None:
        killer = asyncio.create_task(worker.call("die", Text(), response=Text, timeout_s=20.0))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(echo(worker, "waited"))
        with pytest.raises(WorkerDiedError):
            await killer
        assert await waiting == "waited"

    async def test_an_idle_worker_that_dies_comes_back_unasked(self, worker: Worker) -> None:
        before = pid_of(worker)
        os.kill(before, signal.SIGKILL)
        await until(lambda: worker.state is WorkerState.READY and worker.pid != before)
        await worker.ping()

    async def test_one_that_keeps_dying_fails_calls_at_once_and_is_tried_again(self) -> None:
        worker = Worker(spec(stable_after_s=60.0, backoff_min_s=0.2, backoff_max_s=0.4))
        await worker.start()
        for _ in range(3):
            with pytest.raises(WorkerDiedError):
                await worker.call("die", Text(), response=Text, timeout_s=20.0)
        await until(lambda: worker.state is WorkerState.FAILED)
        with pytest.raises(WorkerDiedError):
            await echo(worker, "too early")
        await until(lambda: worker.state is WorkerState.READY)
        assert await echo(worker, "back") == "back"
        await worker.close()

    async def test_a_call_that_cannot_be_sent_costs_no_more_than_itself(
        self, worker: Worker
    ) -> None:
        nonsense: bytes = None  # type: ignore[assignment] # a caller's bug
        with pytest.raises(WorkerDiedError):
            await worker.call("echo", Text(), nonsense, response=Text, timeout_s=20.0)
        assert await echo(worker, "next") == "next"

    async def test_one_that_cannot_load_again_is_failed(self, tmp_path: Path) -> None:
        worker = Worker(spec(Settings(once=str(tmp_path / "once")), backoff_min_s=5.0))
        await worker.start()
        os.kill(pid_of(worker), signal.SIGKILL)
        await until(lambda: worker.state is WorkerState.FAILED)
        with pytest.raises(WorkerDiedError):
            await worker.ping()
        await worker.close()
        assert worker.state is WorkerState.STOPPED


class TestDeadline:
    async def test_a_late_answer_is_thrown_away(self) -> None:
        worker = Worker(spec(call_grace_s=20.0))
        await worker.start()
        before = worker.pid
        with pytest.raises(WorkerDeadlineError) as failure:
            await hold(worker, 0.2, timeout_s=0.05, text="late")
        assert failure.value.status == 504
        assert await echo(worker, "next") == "next"
        assert worker.pid == before
        await worker.close()

    @pytest.mark.parametrize("holds_gil", [False, True])
    async def test_a_stuck_call_costs_the_worker_its_life(
        self, worker: Worker, *, holds_gil: bool
    ) -> None:
        before = pid_of(worker)
        request = Hold(60.0, holds_gil)
        with pytest.raises(WorkerDeadlineError):
            await worker.call("hold", request, response=Text, timeout_s=0.05)
        assert await echo(worker, "next") == "next"
        assert not psutil.pid_exists(before)

    async def test_a_stopped_worker_is_killed_and_replaced(self, worker: Worker) -> None:
        before = pid_of(worker)
        os.kill(before, signal.SIGSTOP)
        content = bytes(4_000_000)
        with pytest.raises(WorkerDeadlineError):
            await worker.call("echo", Text(), content, response=Text, timeout_s=0.1)
        assert await echo(worker, "next") == "next"
        assert not psutil.pid_exists(before)

    async def test_a_busy_worker_counts_as_alive(self, worker: Worker) -> None:
        running = asyncio.create_task(hold(worker, 0.2))
        await until(lambda: worker.is_busy)
        await worker.ping(timeout_s=0.01)
        await running
        await worker.ping()


class TestStartAndClose:
    async def test_states(self) -> None:
        worker = Worker(spec())
        states = [worker.state]
        with pytest.raises(WorkerDiedError):
            await echo(worker, "too early")
        starting = asyncio.create_task(worker.start())
        await until(lambda: worker.pid is not None)
        states.append(worker.state)
        await starting
        states.append(worker.state)
        before = pid_of(worker)
        await worker.start()
        assert pid_of(worker) == before
        await worker.close()
        await worker.close()
        states.append(worker.state)
        assert states == ["stopped", "starting", "ready", "stopped"]
        assert worker.pid is None
        assert not psutil.pid_exists(before)

    async def test_calls_made_while_it_starts_wait(self) -> None:
        worker = Worker(spec())
        starting = asyncio.create_task(worker.start())
        await until(lambda: worker.state is WorkerState.STARTING)
        assert await echo(worker, "early") == "early"
        await starting
        await worker.close()

    async def test_an_engine_that_cannot_load_says_why_and_leaves_nothing(self) -> None:
        worker = Worker(spec(Settings(broken="no such model")))
        with pytest.raises(WorkerDiedError, match="no such model"):
            await worker.start()
        assert worker.state is WorkerState.FAILED
        assert worker.pid is None
        await worker.close()

    async def test_an_engine_that_loads_too_slowly_is_killed(self) -> None:
        slow = WorkerSpec("slow", FACTORY, Settings(), start_timeout_s=0.001)
        worker = Worker(slow)
        with pytest.raises(WorkerDiedError, match="in time"):
            await worker.start()
        assert worker.pid is None

    async def test_closing_while_it_starts_leaves_nothing(self) -> None:
        worker = Worker(spec())
        starting = asyncio.create_task(worker.start())
        await until(lambda: worker.pid is not None)
        before = pid_of(worker)
        await worker.close()
        with pytest.raises(WorkerDiedError):
            await starting
        assert not psutil.pid_exists(before)

    async def test_closing_while_it_dies_leaves_nothing(self, worker: Worker) -> None:
        before = pid_of(worker)
        with pytest.raises(WorkerDiedError):
            await worker.call("die", Text(), response=Text, timeout_s=20.0)
        await worker.close()
        assert not psutil.pid_exists(before)

    async def test_it_can_be_started_again(self, worker: Worker) -> None:
        await worker.close()
        await worker.start()
        assert await echo(worker, "again") == "again"

    async def test_close_ends_a_stopped_process_too(self, worker: Worker) -> None:
        before = pid_of(worker)
        os.kill(before, signal.SIGSTOP)
        await worker.close()
        assert not psutil.pid_exists(before)


@pytest.mark.parametrize(("deaths", "expected"), [(1, 0.2), (2, 0.4), (5, 3.2), (9, 10), (99, 10)])
def test_backoff_doubles_up_to_its_bound(deaths: int, expected: float) -> None:
    assert backoff_s(deaths, WorkerSpec("x", "x:X", Settings())) == pytest.approx(expected)
