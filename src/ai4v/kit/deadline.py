"""The time a request has left, counted from when it came in."""

import time
from typing import Final

from ai4v.contracts.error import DeadlineExceededError, ValidationError

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
        """Read `X-Request-Timeout-Ms`; without it the default holds, and no more than the maximum.

        Raises:
            ValidationError: it is no positive whole number.
        """
        if header is None:
            return cls(DEFAULT_S)
        if not header.isascii() or not header.isdigit() or not header.strip("0"):
            raise ValidationError.at(HEADER, "a positive whole number of milliseconds is expected")
        return cls(min(float(header) / 1000, MAXIMUM_S))

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
