"""Who has the data folder: one supervisor at a time."""

import fcntl
import os
from types import TracebackType
from typing import Self

from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout
from ai4v.cli.state import read_state


class DataHold:
    """Holds a data folder while the context is open.

    The lock is on the folder `run` itself: it leaves no file, and the kernel drops it when the
    process ends, however it ends.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take it.

        Raises:
            CommandError: another supervisor has it; the message says which.
        """
        descriptor = os.open(self._layout.run, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            state = read_state(self._layout.state_file)
            who = f" (pid {state.pid})" if state else ""
            message = f"the platform already runs on {self._layout.data_dir}{who}"
            raise CommandError(f"{message}: see ai4v status, or end it with ai4v stop") from None
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(layout: Layout) -> bool:
    """Tell whether a supervisor has the data folder."""
    if not layout.run.is_dir():
        return False
    descriptor = os.open(layout.run, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
