import pytest

from ai4v.adapters.memory.fetcher import MemoryFetcher
from ai4v.ports.fetcher import Fetcher
from tests.conformance.fetcher import CONTENT, OTHER, FetcherConformance, Shelf

SHELF = Shelf(
    content="https://audio.example/content",
    other="https://audio.example/other",
    missing="https://audio.example/missing",
    silent="https://audio.example/silent",
)


class TestMemoryFetcher(FetcherConformance):
    @pytest.fixture
    def shelf(self) -> Shelf:
        return SHELF

    @pytest.fixture
    def fetcher(self) -> Fetcher:
        return MemoryFetcher({SHELF.content: CONTENT, SHELF.other: OTHER}, silent={SHELF.silent})


async def test_it_can_be_closed() -> None:
    await MemoryFetcher({}).close()
