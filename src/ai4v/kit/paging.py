"""Lists that are read page by page, newest first, while they grow.

A cursor names the last row seen, not a position, so rows that are added meanwhile shift nothing.
It carries no secret and grants nothing: whoever makes one up still reads only their own rows.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from ai4v.contracts.error import FieldError, ValidationError

DEFAULT_SIZE: Final = 20
MAXIMUM_SIZE: Final = 100

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_BYTES: Final = 8
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of one row in an order by time and id, newest first."""

    at: datetime
    """Aware; microseconds count."""
    row_id: UUID

    def __str__(self) -> str:
        """Return it as clients carry it: opaque, safe in a URL."""
        time_us = (self.at - _EPOCH) // timedelta(microseconds=1)
        content = time_us.to_bytes(_TIME_BYTES, "big", signed=True) + self.row_id.bytes
        return base64.urlsafe_b64encode(content).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave.

        Raises:
            ValidationError: it is nothing that a page of ours ended with.
        """
        try:
            content = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
            time_us = int.from_bytes(content[:_TIME_BYTES], "big", signed=True)
            at = datetime.fromtimestamp(time_us // 1_000_000, UTC)
            return cls(
                at.replace(microsecond=time_us % 1_000_000), UUID(bytes=content[_TIME_BYTES:])
            )
        except (ValueError, OverflowError):
            problem = FieldError(path="cursor", message="use the cursor of a page, unchanged")
            raise ValidationError("there is no such page", errors=[problem]) from None


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """Some rows, and where the next page begins."""

    rows: tuple[_Row, ...]
    next_cursor: Cursor | None
    """None: this is the last page."""


def take_page(found: Sequence[_Row], size: int, place: Callable[[_Row], Cursor]) -> Page[_Row]:
    """Make a page of at most `size` rows out of `size` + 1 that were asked for."""
    rows = tuple(found[:size])
    return Page(rows, place(rows[-1]) if len(found) > size else None)


async def get_cursor(cursor: Annotated[str | None, Query(max_length=64)] = None) -> Cursor | None:
    """Read where a page begins."""
    return Cursor.parse(cursor) if cursor else None


PageSize = Annotated[int, Query(ge=1, le=MAXIMUM_SIZE)]
After = Annotated[Cursor | None, Depends(get_cursor)]
