"""Waiting, in commands that have no event loop."""

import threading
import time
from collections.abc import Callable

_POLL_S = 0.1


def pause(seconds: float) -> None:
    """Do nothing for a while."""
    threading.Event().wait(seconds)


def wait_until(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    """Return true as soon as `condition()` is, false when it never is."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause(_POLL_S)
    return True


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not yet collected does not."""
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
