"""One piece of work for all who ask for it at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from ai4v.kit.clock import Clock

_Key = TypeVar("_Key", bound=Hashable)
_Result = TypeVar("_Result")


class SingleFlight(Generic[_Key, _Result]):
    """Runs work once per key at a time; whoever asks meanwhile waits for the same result.

    A caller who is cancelled harms nobody: the work goes on for the others, so it must have a
    bound on its time of its own.
    """

    def __init__(self) -> None:
        self._flights: dict[_Key, asyncio.Task[_Result]] = {}

    async def run(self, key: _Key, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """Return what `work` returns, or raise what it raises."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(work(), name=f"single flight {type(key).__name__}")
            self._flights[key] = flight
            flight.add_done_callback(partial(self._land, key))
        return await asyncio.shield(flight)

    async def close(self) -> None:
        """Cancel what is under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        if flights:
            await asyncio.wait(flights)

    def _land(self, key: _Key, flight: asyncio.Task[_Result]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()


class SharedAnswer(Generic[_Result]):
    """An answer that is made when somebody asks, at most once in `ttl_s` seconds."""

    def __init__(
        self, make: Callable[[], Coroutine[Any, Any, _Result]], *, ttl_s: float, clock: Clock
    ) -> None:
        self._make = make
        self._ttl_s = ttl_s
        self._clock = clock
        self._flight = SingleFlight[None, _Result]()
        self._kept: tuple[float, _Result] | None = None

    async def get(self) -> _Result:
        """Return the answer, kept or new."""
        if self._kept is not None and self._clock.monotonic_s() < self._kept[0]:
            return self._kept[1]
        return await self._flight.run(None, self._renew)

    async def close(self) -> None:
        """Give up what is being made."""
        await self._flight.close()

    async def _renew(self) -> _Result:
        answer = await self._make()
        self._kept = (self._clock.monotonic_s() + self._ttl_s, answer)
        return answer
