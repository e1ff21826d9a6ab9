"""What tests of workers share: a spec with short times, and calls to the probe."""

import asyncio
from collections.abc import Callable

from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import WorkerSpec
from tests.support.worker_probe import FACTORY, Hold, Settings, Text


def spec(settings: Settings | None = None, **changes: float) -> WorkerSpec:
    return WorkerSpec(
        name="probe",
        factory=FACTORY,
        settings=settings or Settings(),
        start_timeout_s=20.0,
        stop_grace_s=changes.get("stop_grace_s", 0.3),
        call_grace_s=changes.get("call_grace_s", 0.1),
        queue_limit=int(changes.get("queue_limit", 8)),
        backoff_min_s=changes.get("backoff_min_s", 0.01),
        backoff_max_s=changes.get("backoff_max_s", 0.05),
        stable_after_s=changes.get("stable_after_s", 0.0),
    )


async def echo(worker: Worker, text: str, timeout_s: float = 20.0) -> str:
    answer, _ = await worker.call("echo", Text(text), response=Text, timeout_s=timeout_s)
    return answer.text


async def hold(worker: Worker, seconds: float, timeout_s: float = 20.0, text: str = "") -> str:
    request = Hold(seconds, text=text)
    answer, _ = await worker.call("hold", request, response=Text, timeout_s=timeout_s)
    return answer.text


async def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - another process changes it, there is no event
            await asyncio.sleep(0.005)


def pid_of(worker: Worker) -> int:
    assert worker.pid is not None
    return worker.pid
