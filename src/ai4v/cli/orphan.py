"""Processes of ours that nobody looks after any more.

What the supervisor starts, and what that starts in turn, carries the data folder in a variable. A
supervisor that is killed takes them along (PR_SET_PDEATHSIG), but for one that was just being
started.
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
    return [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _is_marked(process, data_dir) or _is_valkey(process, data_dir)
    ]


def _is_marked(process: Path, data_dir: Path) -> bool:
    try:
        return f"{MARK}={data_dir}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended, or is not ours to look at
        return False


def _is_valkey(process: Path, data_dir: Path) -> bool:
    """Valkey writes its title over its environment; it works in its folder."""
    try:
        is_there = (process / "cwd").readlink() == (data_dir / "valkey").resolve()
        return is_there and (process / "exe").readlink().name.startswith("valkey-server")
    except OSError:
        return False


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
