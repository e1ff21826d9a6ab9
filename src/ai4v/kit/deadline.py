"""The time a request has left, counted from when it came in."""

import time
from typing import Final

from ai4v.contracts.error import DeadlineExceededError

HEADER: Final = "x-request-timeout-ms"
DEFAULT_S: Final = 120.0
MAXIMUM_S: Final = 300.0


class Deadline:
    """A moment on the monotonic clock after which the caller no longer waits."""

    __slots__ = ("_end",)

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s

    @classmethod
    def parse(cls, header: str | None) -> "Deadline":
        """Read `X-Request-Timeout-Ms`; what is absent or no positive number means the default."""
        if header is None or not header.isascii() or not header.isdigit() or len(header) > 9:
            return cls(DEFAULT_S)
        timeout_s = int(header) / 1000
        return cls(min(timeout_s, MAXIMUM_S) if timeout_s > 0 else DEFAULT_S)

    def remaining_s(self) -> float:
        """Seconds left.

        Raises:
            DeadlineExceededError: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlineExceededError("the deadline of the request has passed")
        return left

    def header_value(self) -> str:
        """What is left, as `X-Request-Timeout-Ms` wants it; at least 1."""
        return str(max(1, int((self._end - time.monotonic()) * 1000)))
