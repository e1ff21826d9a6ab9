"""The bound on how many calls are inside at once; beyond it callers are told to come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError

_RETRY_AFTER_S: Final = 5


class QueueFullError(ServiceUnavailableError):
    """As many calls are being answered as may be."""


class Admission:
    """Counts who is inside."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    @property
    def inside(self) -> int:
        """How many calls are being answered."""
        return self._inside

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be inside for the length of the context.

        Raises:
            QueueFullError: there is no place; nothing was counted.
        """
        if self._inside >= self._limit:
            raise QueueFullError(
                f"{self._limit} calls are being answered, which is as many as may be",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
