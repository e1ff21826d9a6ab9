from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai4v.contracts.error import ValidationError
from ai4v.kit.paging import Cursor, take_page

_PLACE = Cursor(datetime(2026, 1, 1, tzinfo=UTC), uuid4())


@settings(max_examples=40, deadline=None)
@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_cursor_comes_back(at: datetime, row_id: UUID) -> None:
    assert Cursor.parse(str(Cursor(at, row_id))) == Cursor(at, row_id)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=31))
def test_nonsense_is_the_callers_mistake(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Cursor.parse(text)
    assert caught.value.errors[0].path == "cursor"


@pytest.mark.parametrize("text", ["", "AAAA", "f" * 32, "_" * 31, "न"])
def test_what_cannot_be_a_cursor(text: str) -> None:
    with pytest.raises(ValidationError):
        Cursor.parse(text)


@pytest.mark.parametrize(("count", "is_last"), [(0, True), (2, True), (3, False)])
def test_page_knows_whether_it_is_the_last(count: int, *, is_last: bool) -> None:
    page = take_page(list(range(count)), 2, lambda _: _PLACE)
    assert page.rows == tuple(range(min(count, 2)))
    assert (page.next_cursor is None) is is_last
