"""A few things remembered for a moment in this process."""

from collections import OrderedDict
from typing import Generic, TypeVar

from ai4v.kit.clock import Clock

_Value = TypeVar("_Value")


class BriefMemory(Generic[_Value]):
    """Keeps at most `max_entries` for `ttl_s` seconds each; the oldest makes room."""

    def __init__(self, *, ttl_s: float, max_entries: int, clock: Clock) -> None:
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._clock = clock
        self._entries: OrderedDict[str, tuple[float, _Value]] = OrderedDict()

    def get(self, key: str) -> _Value | None:
        """Return what is kept under `key`, if it is not too old."""
        entry = self._entries.get(key)
        if entry is None or self._clock.monotonic_s() >= entry[0] + self._ttl_s:
            return None
        return entry[1]

    def put(self, key: str, value: _Value) -> None:
        """Keep `value` under `key`."""
        self._entries[key] = (self._clock.monotonic_s(), value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget what is kept under `key`, if anything is."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def limit(self, ttl_s: float) -> None:
        """Keep everything for `ttl_s` seconds, what is kept already too."""
        self._ttl_s = ttl_s
