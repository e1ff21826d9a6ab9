"""Processes of ours that nobody looks after any more.

Every process that the supervisor starts, and what those start in turn, carries the data folder in
a variable. A supervisor that is killed takes them along (PR_SET_PDEATHSIG), but for one that was
just being started.
"""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

MARK = "AI4V_SUPERVISED"
_TIMEOUT_S = 5.0
_POLL_S = 0.05


def find_orphans(data_dir: Path) -> list[int]:
    """Return the processes that were started for this data folder and still run."""
    mark = f"{MARK}={data_dir}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:  # it ended, or is not ours to look at
            continue
    return found


async def end_orphans(data_dir: Path) -> list[int]:
    """Ask them to end, kill those that do not, and wait until they are gone.

    Returns:
        Which they were.

    Raises:
        TimeoutError: one cannot be killed.
    """
    found = find_orphans(data_dir)
    if found:
        _signal(found, signal.SIGTERM)
        try:
            await _wait_until_none(data_dir)
        except TimeoutError:
            _signal(find_orphans(data_dir), signal.SIGKILL)
            await _wait_until_none(data_dir)
    return found


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def _wait_until_none(data_dir: Path) -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        while find_orphans(data_dir):  # noqa: ASYNC110 - another process's end sets no event here
            await asyncio.sleep(_POLL_S)
