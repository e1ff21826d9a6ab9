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
