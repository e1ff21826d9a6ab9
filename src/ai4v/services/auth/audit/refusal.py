"""Refused accesses on their way into the log; a flood of them does not fill the disk.

So many a minute of one source are told one by one, and so many of all sources together; what is
above is counted, and told in one event when its minute is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from ai4v.contracts.audit import Refusal
from ai4v.kit.clock import Clock
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry, clean_text

SINGLY: Final = 60
"""Of one source, in a minute."""
SINGLY_ALL: Final = 600
"""Of all sources, in a minute: most rows that refusals can add, but for one a source at its end."""
SOURCES: Final = 1_000
"""Told apart in a minute; those that come later are folded together."""
WINDOW_S: Final = 60.0
_REST: Final = "many"
_NAME_LENGTH: Final = 128

Event = tuple[Actor, Entry]


@dataclass(slots=True)
class _Source:
    """What came from one source in this minute."""

    address: str | None
    told: int = 0
    folded: int = 0
    first: datetime | None = None
    last: datetime | None = None
    codes: dict[str, int] = field(default_factory=dict)

    def fold(self, refusal: Refusal) -> None:
        self.folded += 1
        self.first = self.first or refusal.at
        self.last = refusal.at
        self.codes[str(refusal.status)] = self.codes.get(str(refusal.status), 0) + 1


class RefusalFold:
    """Decides which refusals are told one by one; holds no more than `SOURCES` counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends_at = clock.monotonic_s() + WINDOW_S
        self._told = 0
        self._sources: dict[str, _Source] = {}

    def take(self, refusals: Iterable[Refusal]) -> list[Event]:
        """Return the events that these refusals make now, and those of a minute that is over."""
        events = self.flush_when_over()
        for refusal in refusals:
            source = self._find(refusal)
            if source.told < SINGLY and self._told < SINGLY_ALL:
                source.told += 1
                self._told += 1
                events.append(_tell(refusal))
            else:
                source.fold(refusal)
        return events

    def flush_when_over(self) -> list[Event]:
        """Return what was folded, once its minute is over."""
        return self.flush() if self._clock.monotonic_s() >= self._ends_at else []

    def flush(self) -> list[Event]:
        """Return what was folded, and begin another minute."""
        events = [
            _tell_many(name, source) for name, source in self._sources.items() if source.folded
        ]
        self._sources, self._told = {}, 0
        self._ends_at = self._clock.monotonic_s() + WINDOW_S
        return events

    def _find(self, refusal: Refusal) -> _Source:
        name = refusal.actor if refusal.actor != "anonymous" else f"anonymous@{refusal.address}"
        if name not in self._sources and len(self._sources) >= SOURCES:
            name = _REST
        address = None if name == _REST else refusal.address
        return self._sources.setdefault(name, _Source(address))


def _tell(refusal: Refusal) -> Event:
    actor = Actor(
        None,
        clean_text(refusal.actor, _NAME_LENGTH),
        clean_text(refusal.request_id, _NAME_LENGTH),
        refusal.address,
    )
    after: dict[str, JsonValue] = {
        "at": _write(refusal.at),
        "method": clean_text(refusal.method, _NAME_LENGTH),
        "status": refusal.status,
        "error": clean_text(refusal.code, _NAME_LENGTH),
    }
    target = f"route:{refusal.method} {refusal.route}"
    return actor, Entry(Action.ACCESS_REFUSE, target, outcome="refused", after=after)


def _tell_many(name: str, source: _Source) -> Event:
    actor = Actor(None, clean_text(name.partition("@")[0], _NAME_LENGTH), "", source.address)
    after: dict[str, JsonValue] = {
        "count": source.folded,
        "first": _write(source.first),
        "last": _write(source.last),
        "statuses": {**source.codes},
    }
    return actor, Entry(Action.ACCESS_REFUSE_MANY, "route:*", outcome="refused", after=after)


def _write(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
