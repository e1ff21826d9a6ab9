"""The phonemizer port without an engine: letters are their own phonemes. For tests and demos."""

import asyncio
import unicodedata
from collections.abc import Sequence
from typing import Final

from ai4v.ports.phonemizer import PhonemizerDeadlineError, PhonemizerUnavailableError

_TAGS: Final = ("hi", "en-US", "en-GB", "ta")
_KEPT: Final = ".,;:!?"
_STOPS: Final = str.maketrans("।॥", "..")


class MemoryPhonemizer:
    """A `Phonemizer` that needs `seconds_per_call` and does one call at a time."""

    def __init__(self, *, tags: Sequence[str] = _TAGS, seconds_per_call: float = 0.0) -> None:
        self._tags = tuple(tags)
        self._pause_s = seconds_per_call
        self._is_loaded = False
        self._turn = asyncio.Lock()

    @property
    def tags(self) -> tuple[str, ...]:
        """As the port says."""
        return self._tags

    async def load(self) -> None:
        """As the port says."""
        self._is_loaded = True

    async def ping(self) -> None:
        """As the port says."""
        if not self._is_loaded:
            raise PhonemizerUnavailableError("the phonemizer is not loaded")

    async def close(self) -> None:
        """As the port says."""
        self._is_loaded = False

    async def phonemize(
        self, texts: Sequence[str], tag: str, *, timeout_s: float
    ) -> tuple[str, ...]:
        """As the port says."""
        if tag not in self._tags:
            raise ValueError(f"no phonemes for language {tag!r}")
        await self.ping()
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                await asyncio.sleep(self._pause_s)
        except TimeoutError:
            raise PhonemizerDeadlineError(f"not done within {timeout_s:g} s") from None
        return tuple(_phonemize(text) for text in texts)


def _phonemize(text: str) -> str:
    """Keep lower-case letters, signs, digits and stops; put a stop against the word before it."""
    signs = [
        sign if sign in _KEPT or unicodedata.category(sign)[0] in "LMN" else " "
        for sign in text.translate(_STOPS).lower()
    ]
    words: list[str] = []
    for part in "".join(signs).split():
        if words and not part.strip(_KEPT):
            words[-1] += part
        else:
            words.append(part)
    phonemes = " ".join(words)
    return phonemes if phonemes.strip(_KEPT + " ") else ""
