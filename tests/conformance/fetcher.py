"""What every fetcher must do."""

import asyncio
from dataclasses import dataclass

import pytest

from ai4v.contracts.error import PlatformError
from ai4v.ports.fetcher import (
    Fetcher,
    FetchFailedError,
    FetchRefusedError,
    FetchTooLargeError,
)

CONTENT = bytes(range(256)) * 1_000
OTHER = b"other"
_LIMIT = len(CONTENT)


@dataclass(frozen=True)
class Shelf:
    """Addresses that the fetcher of a test knows."""

    content: str
    """Holds `CONTENT`."""
    other: str
    """Holds `OTHER`."""
    missing: str
    silent: str
    """Never answers."""


class FetcherConformance:
    """Subclass it with the fixtures `fetcher` and `shelf`."""

    async def test_returns_the_file(self, fetcher: Fetcher, shelf: Shelf) -> None:
        for _ in range(2):
            got = await fetcher.fetch(shelf.content, max_bytes=_LIMIT, timeout_s=10.0)
            assert got == CONTENT

    async def test_the_limit_is_exact(self, fetcher: Fetcher, shelf: Shelf) -> None:
        with pytest.raises(FetchTooLargeError) as refusal:
            await fetcher.fetch(shelf.content, max_bytes=_LIMIT - 1, timeout_s=10.0)
        assert refusal.value.status == 413
        assert str(_LIMIT - 1) in refusal.value.message

    async def test_a_file_that_is_not_there(self, fetcher: Fetcher, shelf: Shelf) -> None:
        with pytest.raises(FetchFailedError) as failure:
            await fetcher.fetch(shelf.missing, max_bytes=_LIMIT, timeout_s=10.0)
        assert failure.value.status == 502

    async def test_silence_ends_with_the_time(self, fetcher: Fetcher, shelf: Shelf) -> None:
        with pytest.raises(FetchFailedError, match=r"0\.2 s"):
            await fetcher.fetch(shelf.silent, max_bytes=_LIMIT, timeout_s=0.2)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "audio.wav",
            "http://audio.example/a.wav",
            "ftp://audio.example/a",
            "file:///etc/hosts",
        ],
    )
    async def test_only_https_is_fetched(self, fetcher: Fetcher, url: str) -> None:
        with pytest.raises(FetchRefusedError, match="https") as refusal:
            await fetcher.fetch(url, max_bytes=_LIMIT, timeout_s=10.0)
        assert refusal.value.status == 422

    async def test_no_message_repeats_the_address(self, fetcher: Fetcher, shelf: Shelf) -> None:
        for url in (shelf.missing, shelf.silent, "http://audio.example/?secret"):
            with pytest.raises(PlatformError) as failure:
                await fetcher.fetch(f"{url}", max_bytes=_LIMIT, timeout_s=0.2)
            host = url.split("/")[2].split(":")[0]
            assert host not in failure.value.message
            assert "secret" not in failure.value.message

    async def test_fetches_at_once_do_not_mix(self, fetcher: Fetcher, shelf: Shelf) -> None:
        urls = [shelf.content, shelf.other] * 10
        got = await asyncio.gather(
            *(fetcher.fetch(url, max_bytes=_LIMIT, timeout_s=10.0) for url in urls)
        )
        assert got == [CONTENT, OTHER] * 10

    async def test_one_given_up_harms_no_other(self, fetcher: Fetcher, shelf: Shelf) -> None:
        silent = [
            asyncio.create_task(fetcher.fetch(shelf.silent, max_bytes=_LIMIT, timeout_s=60.0))
            for _ in range(20)
        ]
        await asyncio.wait(silent, timeout=0.1)
        for task in silent:
            task.cancel()
        await asyncio.wait(silent)
        assert all(task.cancelled() for task in silent)
        got = await fetcher.fetch(shelf.other, max_bytes=_LIMIT, timeout_s=10.0)
        assert got == OTHER
