"""A process that starts a worker, tells the worker's id and waits to be killed."""

import asyncio
import sys

from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import WorkerSpec
from tests.support.worker_probe import FACTORY, Hold, Settings, Text


async def _main() -> None:
    worker = Worker(WorkerSpec("probe", FACTORY, Settings()))
    await worker.start()
    request = Hold(3600.0, holds_gil=True)
    calling = asyncio.create_task(
        worker.call("hold", request, response=Text, timeout_s=3600.0)
        if "busy" in sys.argv
        else asyncio.sleep(3600.0)
    )
    while "busy" in sys.argv and not worker.is_busy:  # noqa: ASYNC110 - a script that waits to be killed
        await asyncio.sleep(0.005)
    sys.stdout.write(f"{worker.pid}\n")
    sys.stdout.flush()
    await calling


if __name__ == "__main__":
    asyncio.run(_main())
