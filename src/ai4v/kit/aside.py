"""Work on text beside the event loop, where it is long enough to be worth the way there."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

SHORT_CHARACTERS: Final = 200
"""What takes well under a millisecond: a thread and back costs as much, and more under load."""
_T = TypeVar("_T")


async def work_aside(characters: int, work: Callable[[], _T]) -> _T:
    """Return what `work` returns: made at once for so few characters, in a thread for more."""
    if characters <= SHORT_CHARACTERS:
        return work()
    return await asyncio.to_thread(work)
