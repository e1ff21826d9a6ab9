"""How the callers of AI services are shown their own requests; never content."""

from datetime import datetime
from typing import Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from ai4v.kit.database.journal import RequestRecord
from ai4v.kit.database.journaltable import RequestStatus
from ai4v.kit.paging import Page

_RecordT = TypeVar("_RecordT", bound=RequestRecord)


class RequestView(BaseModel):
    """One request; a service's subclass adds its own fields."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, from_attributes=True
    )

    id: UUID
    request_id: str
    status: RequestStatus
    error_code: str | None = None
    """Why it failed: a code of the error body."""
    model_id: str
    item_count: int
    started_at: datetime
    finished_at: datetime | None = None


class RequestPage(BaseModel):
    """A page of requests, newest first; a service's subclass has them as `requests`."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    next_cursor: str | None = None
    """Give it as `cursor` for the next page; absent on the last."""

    @classmethod
    def of(cls, page: Page[_RecordT]) -> Self:
        """Show a page."""
        cursor = str(page.next_cursor) if page.next_cursor else None
        return cls.model_validate(
            {"requests": page.rows, "next_cursor": cursor}, from_attributes=True
        )
