"""The translator port without an engine: respells each word in the target's letters. For tests.

Every letter becomes a letter of the target's script, always the same one for the same source, so
that a test can tell order, direction and what was kept from the text alone. Signs, spaces and
digits stay. It can be told to misbehave as engines do.
"""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.translator import (
    Passage,
    Translation,
    TranslatorDeadlineError,
    TranslatorInfo,
    TranslatorUnavailableError,
)

_ENGINE: Final = "memory"
_DIRECTIONS: Final = (
    ("hi", "en"),
    ("bn", "en"),
    ("ta", "en"),
    ("te", "en"),
    ("mr", "en"),
    ("en", "hi"),
    ("en", "bn"),
)
_LINE_BREAK: Final = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_LOOPS: Final = 20


def memory_info(
    directions: Sequence[tuple[str, str]] = _DIRECTIONS, *, max_characters: int = 600
) -> TranslatorInfo:
    """Declare `directions` (source, target)."""
    return TranslatorInfo(
        _ENGINE,
        _ENGINE,
        max_characters,
        tuple(
            Capability(
                task=Task.TRANSLATE,
                language=source,
                target_language=target,
                tier=Tier.DEMO,
                engine=_ENGINE,
                model_id=_ENGINE,
                note="Pretends: respells each word in the target's letters.",
            )
            for source, target in directions
        ),
    )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How it does its work; as it should, by default."""

    seconds_per_passage: float = 0.0
    drops_kept: bool = False
    """Leaves out what was to be kept, and every digit."""
    loops: bool = False
    """Says its last word again and again, and that it is not whole."""
    copies: bool = False
    """Gives the source back."""
    fails: bool = False
    """Every call ends in `TranslatorUnavailableError`."""
    hangs: bool = False
    """No call ends before its deadline."""


class MemoryTranslator:
    """A `Translator` that does one call at a time; `behaviour` may be changed between calls."""

    def __init__(
        self, info: TranslatorInfo | None = None, *, behaviour: Behaviour | None = None
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self._info = info or memory_info()
        self._is_loaded = False
        self._turn = asyncio.Lock()

    @property
    def info(self) -> TranslatorInfo:
        """As the port says."""
        return self._info

    async def load(self) -> None:
        """As the port says."""
        self._is_loaded = True

    async def ping(self) -> None:
        """As the port says."""
        if not self._is_loaded:
            raise TranslatorUnavailableError("the translator is not loaded")

    async def close(self) -> None:
        """As the port says."""
        self._is_loaded = False

    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        """As the port says."""
        for passage in passages:
            self._check(passage)
        await self.ping()
        behaviour = self.behaviour
        if behaviour.fails:
            raise TranslatorUnavailableError("the translator was told to fail")
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                if behaviour.hangs:
                    await asyncio.Event().wait()
                await asyncio.sleep(behaviour.seconds_per_passage * len(passages))
        except TimeoutError:
            raise TranslatorDeadlineError(f"not done within {timeout_s:g} s") from None
        return tuple(_translate(passage, behaviour) for passage in passages)

    def _check(self, passage: Passage) -> None:
        offered = {(offer.language, offer.target_language) for offer in self._info.capabilities}
        if (passage.source, passage.target) not in offered:
            raise ValueError(f"no translation from {passage.source!r} to {passage.target!r}")
        if not passage.text.strip():
            raise ValueError("a passage is not empty")
        if len(passage.text) > self._info.max_characters:
            raise ValueError(f"a passage has at most {self._info.max_characters} characters")
        if _LINE_BREAK.search(passage.text):
            raise ValueError("a passage is one line")


def _translate(passage: Passage, behaviour: Behaviour) -> Translation:
    if behaviour.copies:
        return Translation(passage.text, is_whole=True)
    letters = _letters(LANGUAGES[passage.target].script)
    kept = "|".join(re.escape(each) for each in sorted(passage.keep, key=len, reverse=True) if each)
    pieces = re.split(f"({kept})", passage.text) if kept else [passage.text]
    for place, piece in enumerate(pieces):
        is_kept = place % 2 == 1
        if behaviour.drops_kept:
            pieces[place] = "" if is_kept else re.sub(r"\d", "", _respell(piece, letters))
        elif not is_kept:
            pieces[place] = _respell(piece, letters)
    words = "".join(pieces).split()
    if behaviour.loops and words:
        words += words[-1:] * _LOOPS
    return Translation(" ".join(words), is_whole=not behaviour.loops)


def _respell(text: str, letters: str) -> str:
    """Exchange the letters of `text`, and leave out the marks on them."""
    return "".join(
        letters[ord(character) % len(letters)] if character.isalpha() else character
        for character in text
        if unicodedata.category(character)[0] != "M"
    )


@cache
def _letters(script: str) -> str:
    characters = (
        chr(point) for first, last in SCRIPTS[script].ranges for point in range(first, last + 1)
    )
    letters = "".join(each for each in characters if unicodedata.category(each) in ("Lo", "Ll"))
    return "".join(each for each in letters if each.isascii()) or letters
