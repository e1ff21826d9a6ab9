import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from ai4v.contracts.audit import REFUSALS_AT_ONCE, Refusal
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.services.gateway.record.refusal import Refusals
from tests.support.simulation import simulate


class Book:
    """An audit log that can be shut."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.failure: Exception | None = None

    async def note(self, refusals: Sequence[Refusal]) -> None:
        if self.failure is not None:
            raise self.failure
        self.batches.append([refusal.request_id for refusal in refusals])


def refusal(number: int) -> Refusal:
    return Refusal(
        at=datetime.now(UTC),
        request_id=f"r-{number}",
        address=None,
        actor="anonymous",
        method="GET",
        route="/api/v1/asr",
        status=401,
        code="AUTHENTICATION_ERROR",
    )


async def test_they_are_noted_in_order_and_in_batches() -> None:
    book = Book()
    refusals = Refusals(book)
    for number in range(REFUSALS_AT_ONCE + 1):
        refusals.note(refusal(number))
    await refusals.flush()
    assert [len(batch) for batch in book.batches] == [REFUSALS_AT_ONCE, 1]
    noted = [name for batch in book.batches for name in batch]
    assert noted == [f"r-{number}" for number in range(REFUSALS_AT_ONCE + 1)]


async def test_a_thousand_wait_and_what_is_more_is_counted() -> None:
    book = Book()
    book.failure = ServiceUnavailableError("shut")
    refusals = Refusals(book)
    for number in range(1_003):
        refusals.note(refusal(number))
    await refusals.flush()
    assert refusals.dropped == 3
    book.failure = None
    await refusals.flush()
    noted = [name for batch in book.batches for name in batch]
    assert noted == [f"r-{number}" for number in range(1_000)]
    await refusals.flush()
    assert len(noted) == 1_000


async def test_nothing_is_noted_when_there_is_nothing() -> None:
    book = Book()
    await Refusals(book).flush()
    assert book.batches == []


def test_a_surprise_loses_nothing() -> None:
    async def story() -> None:
        book = Book()
        book.failure = ValueError("a surprise")
        refusals = Refusals(book)
        running = asyncio.create_task(refusals.run())
        refusals.note(refusal(1))
        await asyncio.sleep(5)
        book.failure = None
        refusals.note(refusal(2))
        await asyncio.sleep(5)
        assert book.batches == [["r-1", "r-2"]]
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    simulate(story())
