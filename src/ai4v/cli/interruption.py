"""What ends a command from outside, and where that has to wait a moment."""

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Final, NoReturn

_FATAL: Final = (signal.SIGTERM, signal.SIGHUP)
_ALL: Final = (*_FATAL, signal.SIGINT)
_BY_SIGNAL: Final = 128
"""Added to a signal's number this is the status of what it ended, as shells have it."""


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does: every context is left on the way.

    A signal that is ignored, as under nohup, stays so.
    """
    before = {number: signal.getsignal(number) for number in _FATAL}
    taken = [number for number, handler in before.items() if handler == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


def undisturbed() -> AbstractContextManager[None]:
    """Put off what would end the command until the context is left; keep it short."""
    return _masked(signal.SIG_BLOCK)


def disturbed() -> AbstractContextManager[None]:
    """Let the command be ended, also inside of `undisturbed`: where it only waits."""
    return _masked(signal.SIG_UNBLOCK)


@contextmanager
def _masked(how: signal.Sigmasks) -> Iterator[None]:
    before = signal.pthread_sigmask(how, _ALL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_BY_SIGNAL + number)
