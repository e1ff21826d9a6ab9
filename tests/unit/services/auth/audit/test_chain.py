"""The chain names the first row that is not as it was written, and what happened to it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ai4v.contracts.audit import Fault
from ai4v.services.auth.audit.chain import (
    START,
    Break,
    Content,
    Link,
    Row,
    Verifier,
    canonical,
    chain,
    verify,
)

_CONTENT = Content(
    at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    action="key.create",
    outcome="done",
    actor="user:1",
    target="key:1",
    before=None,
    after={"b": 1, "a": ["ॐ", None, True]},
    request_id="r1",
    address=None,
)
_CHANGES = (
    replace(_CONTENT, at=_CONTENT.at + timedelta(microseconds=1)),
    replace(_CONTENT, action="key.revoke"),
    replace(_CONTENT, outcome="refused"),
    replace(_CONTENT, actor="user:2"),
    replace(_CONTENT, target="key:9"),
    replace(_CONTENT, before={}),
    replace(_CONTENT, after={"b": 2, "a": ["ॐ", None, True]}),
    replace(_CONTENT, request_id="r2"),
    replace(_CONTENT, address="203.0.113.9"),
)


def _rows(count: int) -> list[Row]:
    def make() -> Iterator[Row]:
        end = START
        for number in range(count):
            row = chain(end, replace(_CONTENT, target=f"key:{number}"))
            yield row
            end = Link(row.sequence, row.hash)

    return list(make())


def _rehash(row: Row, previous_hash: str) -> Row:
    return chain(Link(row.sequence - 1, previous_hash), row.content)


def test_the_canonical_form_does_not_change() -> None:
    assert canonical(_CONTENT) == (
        b'["2026-01-02T03:04:05.000006+00:00","key.create","done","user:1","key:1",null,'
        b'{"a":["\\u0950",null,true],"b":1},"r1",null]'
    )
    elsewhere = _CONTENT.at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert canonical(replace(_CONTENT, at=elsewhere)) == canonical(_CONTENT)


def test_a_chain_that_nobody_touched_holds() -> None:
    rows = _rows(10)
    assert [row.sequence for row in rows] == list(range(1, 11))
    assert verify(rows) is None
    assert verify([]) is None
    assert verify(rows[4:], Link(4, rows[3].hash)) is None


def test_batches_are_followed_as_one() -> None:
    rows = _rows(10)
    verifier = Verifier()
    assert verifier.check(rows[:3]) is None
    assert verifier.check(rows[3:]) is None
    assert verifier.end == Link(10, rows[-1].hash)


@pytest.mark.parametrize("changed", _CHANGES)
def test_every_field_is_covered(changed: Content) -> None:
    row = chain(START, _CONTENT)
    assert verify([replace(row, content=changed)]) == Break(1, Fault.CHANGED)


def _swap(rows: list[Row]) -> None:
    rows[2], rows[3] = replace(rows[3], sequence=3), replace(rows[2], sequence=4)


def _rewrite_one(rows: list[Row]) -> None:
    changed = replace(rows[2], content=replace(_CONTENT, actor="user:9"))
    rows[2] = _rehash(changed, rows[1].hash)


def _close_up(rows: list[Row]) -> None:
    del rows[2]
    rows[2:] = [replace(row, sequence=row.sequence - 1) for row in rows[2:]]


def _delete(at: int) -> Callable[[list[Row]], None]:
    def delete(rows: list[Row]) -> None:
        del rows[at]

    return delete


def _spoil_hash(rows: list[Row]) -> None:
    rows[2] = replace(rows[2], hash="f" * 64)


def _spoil_previous(rows: list[Row]) -> None:
    rows[2] = replace(rows[2], previous_hash="f" * 64)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (_swap, Break(3, Fault.REORDERED)),
        (_delete(2), Break(3, Fault.DELETED)),
        (_delete(0), Break(1, Fault.DELETED)),
        (_close_up, Break(3, Fault.CHANGED)),
        (_rewrite_one, Break(4, Fault.CHANGED)),
        (_spoil_hash, Break(3, Fault.CHANGED)),
        (_spoil_previous, Break(3, Fault.CHANGED)),
    ],
)
def test_the_first_bad_row_is_named(tamper: Callable[[list[Row]], None], found: Break) -> None:
    rows = _rows(6)
    tamper(rows)
    assert verify(rows) == found


def test_rows_out_of_order_are_told() -> None:
    rows = _rows(3)
    assert verify([rows[0], rows[0]]) == Break(2, Fault.REORDERED)


def test_signed_heads_tell_that_the_end_is_missing() -> None:
    rows = _rows(6)
    verifier = Verifier(heads={2: rows[1].hash, 6: rows[5].hash})
    assert verifier.check(rows[:4]) is None
    assert verifier.finish() == Break(5, Fault.TRUNCATED)


def test_signed_heads_tell_that_all_was_made_anew() -> None:
    rows, others = _rows(6), _rows(6)
    others[1:] = []
    while len(others) < len(rows):
        content = replace(rows[len(others)].content, actor="user:9")
        others.append(chain(Link(len(others), others[-1].hash), content))
    verifier = Verifier(heads={1: rows[0].hash, 4: rows[3].hash})
    assert verify(others) is None
    assert verifier.check(others) == Break(4, Fault.REWRITTEN)
