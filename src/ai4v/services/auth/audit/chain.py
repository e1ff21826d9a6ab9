"""The chain of the audit log: each row's hash covers the row and the hash before it.

Whoever changes, removes or moves a row must make every later hash anew; a signed head kept outside
the database (`head.py`) tells that too. Pure: no database, no clock.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from ai4v.contracts.audit import Fault

GENESIS: Final = "0" * 64
"""What the first row has for the hash before it."""
_encode: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False
).encode


@dataclass(frozen=True, slots=True)
class Content:
    """What a row says, without its place in the chain."""

    at: datetime
    """Aware; microseconds count."""
    action: str
    outcome: str
    actor: str
    target: str
    before: Mapping[str, JsonValue] | None
    after: Mapping[str, JsonValue] | None
    request_id: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a row in the chain."""

    sequence: int
    """1 for the first row, then without holes."""
    hash: str
    """SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log."""

    sequence: int
    content: Content
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    sequence: int
    fault: Fault


START: Final = Link(0, GENESIS)
"""Before the first row."""


def canonical(content: Content) -> bytes:
    """Return the one way to write a row: JSON in ASCII, names sorted, no spaces, UTC.

    Its sequence is not in it: that is its place in the chain, which the hash before it says.
    """
    return _encode(
        [
            content.at.astimezone(UTC).isoformat(timespec="microseconds"),
            content.action,
            content.outcome,
            content.actor,
            content.target,
            content.before,
            content.after,
            content.request_id,
            content.address,
        ]
    ).encode("ascii")


def chain(previous: Link, content: Content) -> Row:
    """Return the row that says `content` after `previous`."""
    new_hash = _hash(previous.hash, content)
    return Row(previous.sequence + 1, content, previous.hash, new_hash)


class Verifier:
    """Follows a chain from the start, batch by batch as its rows come from the database.

    Memory does not grow with the chain.

    Args:
        start: the row before the first that comes.
        heads: the hash that rows of some sequences are known to have had.
    """

    def __init__(self, start: Link = START, *, heads: Mapping[int, str] | None = None) -> None:
        self.end = start
        """The last row that was found right."""
        self._heads = heads or {}

    def check(self, rows: Sequence[Row]) -> Break | None:
        """Return the first break in the next rows, given in ascending sequence; None: they hold."""
        for index, row in enumerate(rows):
            expected = self.end.sequence + 1
            if row.sequence != expected:
                fault = Fault.DELETED if row.sequence > expected else Fault.REORDERED
                return Break(expected, fault)
            if row.hash != _hash(row.previous_hash, row.content):
                return Break(row.sequence, Fault.CHANGED)
            if row.previous_hash != self.end.hash:
                # Right in itself, and it follows another row: one that stands elsewhere, or one
                # that there is no more because its hash was made anew.
                is_moved = any(other.hash == row.previous_hash for other in rows[index:])
                return Break(row.sequence, Fault.REORDERED if is_moved else Fault.CHANGED)
            if self._heads.get(row.sequence, row.hash) != row.hash:
                return Break(row.sequence, Fault.REWRITTEN)
            self.end = Link(row.sequence, row.hash)
        return None

    def finish(self) -> Break | None:
        """Return where rows are missing that the heads tell of, when no more come."""
        if max(self._heads, default=0) > self.end.sequence:
            return Break(self.end.sequence + 1, Fault.TRUNCATED)
        return None


def verify(rows: Sequence[Row], start: Link = START) -> Break | None:
    """Return where the chain of `rows`, in ascending sequence, first breaks; None: it holds."""
    return Verifier(start).check(rows)


def _hash(previous_hash: str, content: Content) -> str:
    return hashlib.sha256(previous_hash.encode() + canonical(content)).hexdigest()
