"""Port: a file is got from an address that a caller names, and nothing of ours is reached by it."""

from typing import Protocol

from ai4v.contracts.error import (
    PayloadTooLargeError,
    ServiceUnavailableError,
    UpstreamError,
    ValidationError,
)


class FetchRefusedError(ValidationError):
    """An address that we do not go to, or an answer that we do not follow; says what is taken."""


class FetchFailedError(UpstreamError):
    """The address cannot be reached, is too slow, breaks off, or has no such file."""


class FetchTooLargeError(PayloadTooLargeError):
    """Larger than the limit; found before the rest is read."""


class FetcherBusyError(ServiceUnavailableError):
    """As many fetches wait as may wait."""


class Fetcher(Protocol):
    """Gets files over https from public addresses.

    The address is the caller's, so it is not believed: it is looked up once, each address found
    must be public, and the connection goes to one of those. Redirects are refused, not followed.
    No message repeats the address, which may hold a secret.
    """

    async def fetch(self, url: str, *, max_bytes: int, timeout_s: float) -> bytes:
        """Return the file at `url`, unpacked by nobody.

        A call that is cancelled leaves no connection open.

        Args:
            url: absolute, in ASCII.
            max_bytes: the largest file taken.
            timeout_s: for all of it, the wait for a turn included.

        Raises:
            FetchRefusedError, FetchFailedError, FetchTooLargeError, FetcherBusyError
        """
        ...

    async def close(self) -> None:
        """Let go of what is held; nothing is fetched afterwards."""
        ...
