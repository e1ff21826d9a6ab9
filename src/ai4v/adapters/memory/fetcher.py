"""A fetcher in process, for tests: it holds the files itself."""

import asyncio
from collections.abc import Collection, Mapping

from ai4v.ports.fetcher import FetchFailedError, FetchRefusedError, FetchTooLargeError


class MemoryFetcher:
    """A `Fetcher` of the files it is given.

    Args:
        files: by URL.
        silent: URLs that never answer.
    """

    def __init__(self, files: Mapping[str, bytes], *, silent: Collection[str] = ()) -> None:
        self._files = files
        self._silent = silent

    async def fetch(self, url: str, *, max_bytes: int, timeout_s: float) -> bytes:
        """Return the file; as the port says, but of an address only the scheme is checked."""
        if not url.startswith("https://"):
            raise FetchRefusedError("files are fetched over https")
        if url in self._silent:
            await asyncio.sleep(timeout_s)
            raise FetchFailedError(f"the address did not deliver the file within {timeout_s:g} s")
        if url not in self._files:
            raise FetchFailedError("the address answers 404")
        if len(self._files[url]) > max_bytes:
            raise FetchTooLargeError(f"the file is larger than {max_bytes} bytes")
        return self._files[url]

    async def close(self) -> None:
        """Nothing is held."""
