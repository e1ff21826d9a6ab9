import asyncio
import os
from collections.abc import AsyncIterator

import numpy as np
import pytest

from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDiedError,
    WorkerSpec,
)
from tests.support.worker_case import echo, hold, spec, until
from tests.support.worker_probe import FACTORY, Settings, State, Text

pytestmark = pytest.mark.connected


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(spec())
    await worker.start()
    yield worker
    await worker.close()


class TestCalls:
    async def test_carries_structs_and_samples_both_ways(self, worker: Worker) -> None:
        samples = np.linspace(-1, 1, 3_000_000, dtype=np.float32)
        answer, content = await worker.call(
            "echo", Text("नमस्ते"), samples.data, response=Text, timeout_s=20.0
        )
        assert answer == Text("नमस्ते")
        assert np.array_equal(np.frombuffer(content, np.float32), samples)

    async def test_empty_payloads_pass(self, worker: Worker) -> None:
        nothing = np.zeros(0, np.float32).data
        _, content = await worker.call("echo", Text(), nothing, response=Text, timeout_s=20.0)
        assert content == b""

    async def test_concurrent_calls_each_get_their_own_answer(self, worker: Worker) -> None:
        texts = [str(number) for number in range(8)]
        assert await asyncio.gather(*(echo(worker, text) for text in texts)) == texts

    async def test_a_value_error_is_the_callers(self, worker: Worker) -> None:
        with pytest.raises(ValueError, match="too loud"):
            await worker.call("refuse", Text("too loud"), response=Text, timeout_s=20.0)
        assert await echo(worker, "on") == "on"

    async def test_any_other_error_fails_that_call_alone(self, worker: Worker) -> None:
        before = worker.pid
        with pytest.raises(WorkerCallError, match="KeyError"):
            await worker.call("crash", Text("secret"), response=Text, timeout_s=20.0)
        assert await echo(worker, "on") == "on"
        assert worker.pid == before

    async def test_an_unknown_method_and_a_wrong_shape_fail_that_call_alone(
        self, worker: Worker
    ) -> None:
        with pytest.raises(WorkerCallError):
            await worker.call("nothing", Text(), response=Text, timeout_s=20.0)
        with pytest.raises(WorkerCallError, match="shape"):
            await worker.call("hold", Text("x"), response=Text, timeout_s=20.0)
        assert await echo(worker, "on") == "on"

    async def test_an_engine_that_prints_breaks_nothing(self, worker: Worker) -> None:
        await worker.call("print", Text("noise"), response=Text, timeout_s=20.0)
        assert await echo(worker, "on") == "on"

    async def test_the_queue_is_bounded(self) -> None:
        worker = Worker(spec(queue_limit=1))
        await worker.start()
        running = asyncio.create_task(hold(worker, 20.0))
        await asyncio.sleep(0)
        await until(lambda: worker.pending == 0)
        waiting = asyncio.create_task(echo(worker, "waits"))
        await asyncio.sleep(0)
        with pytest.raises(WorkerBusyError) as refusal:
            await echo(worker, "refused")
        assert refusal.value.retry_after_s
        await worker.close()
        for task in (running, waiting):
            with pytest.raises(WorkerDiedError):
                await task


class TestCancelling:
    async def test_the_answer_of_an_abandoned_call_reaches_nobody(self, worker: Worker) -> None:
        for number in range(20):
            abandoned = asyncio.create_task(hold(worker, 0.01, text="abandoned"))
            await asyncio.sleep(0.001 * (number % 7))
            abandoned.cancel()
            assert await echo(worker, str(number)) == str(number)

    async def test_a_call_given_up_while_waiting_is_never_sent(self, worker: Worker) -> None:
        before = worker.pid
        running = asyncio.create_task(hold(worker, 0.05, text="ran"))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(
            worker.call("die", Text(), response=Text, timeout_s=20.0),
        )
        await asyncio.sleep(0)
        waiting.cancel()
        assert await running == "ran"
        assert await echo(worker, "on") == "on"
        assert worker.pid == before

    async def test_large_abandoned_payloads_leave_the_pipe_in_step(self, worker: Worker) -> None:
        content = bytes(8_000_000)
        for number in range(5):
            abandoned = asyncio.create_task(
                worker.call("echo", Text("big"), content, response=Text, timeout_s=20.0)
            )
            await asyncio.sleep(0.002 * number)
            abandoned.cancel()
            assert await echo(worker, str(number)) == str(number)


class TestLimits:
    async def test_the_child_is_bounded_and_inherits_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AI4V_TEST_SECRET", "leaks")
        bound = 4 * 1024**3
        limits = Limits(address_space_bytes=bound, nice=1, threads=1)
        worker = Worker(
            WorkerSpec("bounded", FACTORY, Settings(), limits, {"LANGUAGE_DIR": "/nowhere"})
        )
        await worker.start()
        state, _ = await worker.call("state", Text(), response=State, timeout_s=20.0)
        assert state.pid == worker.pid
        assert state.address_space == bound
        assert state.nice == os.nice(0) + 1
        assert state.environment["OMP_NUM_THREADS"] == "1"
        assert state.environment["LANGUAGE_DIR"] == "/nowhere"
        assert "AI4V_TEST_SECRET" not in state.environment
        assert len(state.descriptors) <= 6
        assert state.standard_input == b""
        with pytest.raises(WorkerCallError, match="MemoryError"):
            await worker.call("allocate", Text(str(bound)), response=Text, timeout_s=20.0)
        assert await echo(worker, "on") == "on"
        await worker.close()
