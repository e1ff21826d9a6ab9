import asyncio

import pytest
from structlog.testing import capture_logs

from ai4v.kit.background import beside


async def test_work_goes_on_beside_the_block_and_ends_with_it() -> None:
    ends = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")

    async with beside("waiting", work()):
        await asyncio.sleep(0)
        assert ends == []
    assert ends == ["ended"]


async def test_what_dies_is_told_at_once_and_raised_at_the_end() -> None:
    async def work() -> None:
        raise ValueError("a surprise")

    async def watch() -> None:
        async with beside("sweeper", work()):
            for _ in range(3):
                await asyncio.sleep(0)
            told.extend((entry["log_level"], entry["name"]) for entry in logs)

    told: list[tuple[str, str]] = []
    with capture_logs() as logs, pytest.raises(ValueError, match="a surprise"):
        await watch()
    assert told == [("error", "sweeper")]
