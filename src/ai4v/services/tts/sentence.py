"""Where to cut text that is longer than an engine speaks at once, and how long to pause there.

A piece is a sentence where it can be, since intonation spans it; a longer one is cut at a clause,
then at a space, then between signs. Nothing is lost but spaces.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ai4v.services.tts.normalization import LINE_BREAK


class Pause(Enum):
    """What parts a piece from the next."""

    NONE = "none"
    """Cut because of its length alone."""
    CLAUSE = "clause"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Piece:
    """What is spoken at once."""

    text: str
    pause: Pause
    """After it."""


ADDRESS: Final = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
"""Of the web or of mail: its signs are not punctuation, its digits not numbers."""
_ENDS: Final = re.compile(r"(?:[।॥۔؟꫰꫱ꫫ᱾᱿]+|[.!?…]+(?=[\"'”’»)\]}]*(?:\s|$)))[\"'”’»)\]}]*")
_CLAUSE_ENDS: Final = re.compile(r"[,;:،؛—–](?=\s)")
_TITLES: Final = (
    "dr mr mrs ms prof st sr jr smt shri sri rs vs etc e.g i.e gen col capt lt hon dept govt"
    " डॉ प्रो पं श्री रु कु ডঃ ডা ড প্রফ ડૉ શ્રી રૂ ಡಾ ಶ್ರೀ ರೂ ഡോ ശ്രീ ରୁ ଡା ଡଃ ਡਾ ਸ੍ਰੀ ਰੁ"
    " டாக்டர் திரு திருமதி ரூ డా శ్రీ రూ"
)
"""Words after which a full stop ends no sentence."""
_FIRST_CHARACTERS: Final = 45
"""A first sentence up to here is spoken soon enough; of a longer one the first clause comes first,
so that there is sound early."""
_FIRST_AT_JOINT: Final = 30
"""The same where joints are looked for: half a second of a neural voice's work."""
_GROWTH: Final = 3
"""A piece up to so many times what comes before it is spoken by the time that has been heard: the
slowest engine needs a third of the time of its sound."""
_SHORTEST_CLAUSE: Final = 20
_SHORTEST_SCRAP: Final = 12
"""Of what is parted at a joint."""
_LAST_WORD: Final = re.compile(r"[^\s\"'“‘(\[{]+$")


def cut_text(
    text: str, *, max_characters: int, joints: re.Pattern[str] | None = None
) -> tuple[Piece, ...]:
    """Cut `text`, cleaned, into pieces in order.

    Args:
        text: as `normalization.clean` leaves it.
        max_characters: the longest piece; at least 2.
        joints: finds the spaces where, without a clause, a piece may end lest a listener wait.
    """
    pieces: list[Piece] = []
    said = 0
    for paragraph in text.split(LINE_BREAK):
        for sentence in _sentences(paragraph):
            pieces += _cut_sentence(sentence, max_characters, said, joints)
            said += len(sentence)
        if pieces:
            pieces[-1] = Piece(pieces[-1].text, Pause.PARAGRAPH)
    return tuple(pieces)


def _sentences(paragraph: str) -> Iterator[str]:
    addresses = [match.span() for match in ADDRESS.finditer(paragraph)]
    first = 0
    for match in _ENDS.finditer(paragraph):
        is_inside = any(start < match.end() < end for start, end in addresses)
        if is_inside or (match[0] == "." and not _is_end(paragraph, first, match)):
            continue
        yield from _stripped(paragraph[first : match.end()])
        first = match.end()
    yield from _stripped(paragraph[first:])


def _is_end(paragraph: str, first: int, match: re.Match[str]) -> bool:
    """Tell whether a single full stop ends a sentence: not after a title or an initial."""
    following = paragraph[match.end() :].lstrip()
    if following[:1].islower():
        return False
    word = _LAST_WORD.search(paragraph, first, match.start())
    if word is None:
        return True
    is_initial = len(word[0].rpartition(".")[2]) == 1 and word[0][-1].isalpha()
    return not following or not (is_initial or word[0].lower() in _TITLES.split())


def _cut_sentence(
    sentence: str, limit: int, said: int, joints: re.Pattern[str] | None
) -> Iterator[Piece]:
    """Cut one sentence; `said` characters come before it."""
    rest = sentence
    while early := _early_end(rest, limit, said, joints):
        place, pause = early
        yield Piece(rest[:place], pause)
        said += place
        rest = rest[place:].lstrip()
    while len(rest) > limit:
        place, pause = _place(rest, limit)
        yield Piece(rest[:place].rstrip(), pause)
        rest = rest[place:].lstrip()
    if rest:
        yield Piece(rest, Pause.SENTENCE)


def _place(text: str, limit: int) -> tuple[int, Pause]:
    """Return where to cut `text`, at most `limit` characters on, and the pause there."""
    clause = _last_clause(text, limit)
    if clause:
        return clause, Pause.CLAUSE
    space = text.rfind(" ", 1, limit + 1)
    if space > 0:
        return space, Pause.NONE
    place = limit
    while place > 1 and not _is_boundary(text, place):
        place -= 1
    return (place if place > 1 else limit), Pause.NONE


def _early_end(
    text: str, limit: int, said: int, joints: re.Pattern[str] | None
) -> tuple[int, Pause] | None:
    """Return where to cut lest a listener wait, and the pause there; None: no need, or no place."""
    first = _FIRST_AT_JOINT if joints else _FIRST_CHARACTERS
    soon = min(_GROWTH * said or first, limit)
    if len(text) <= soon:
        return None
    clause = _last_clause(text, soon) if said else next(_clauses(text, limit), 0)
    joint = 0
    if joints and not 0 < clause <= max(soon, _FIRST_CHARACTERS):
        joint = _last_joint(text, soon, joints)
    if joint:
        return joint, Pause.NONE
    return (clause, Pause.CLAUSE) if clause else None


def _last_joint(text: str, limit: int, joints: re.Pattern[str]) -> int:
    """Return the last joint within `limit` that leaves no scrap on either side, 0 for none."""
    latest = min(limit, len(text) - _SHORTEST_SCRAP)
    ends = (match.start() for match in joints.finditer(text))
    return max((end for end in ends if _SHORTEST_SCRAP <= end <= latest), default=0)


def _last_clause(text: str, limit: int) -> int:
    """Return the end of the last clause within `limit`, 0 when there is none worth a piece."""
    return max(_clauses(text, limit), default=0)


def _clauses(text: str, limit: int) -> Iterator[int]:
    """Yield the ends of clauses within `limit`, but those too close to the beginning."""
    least = min(_SHORTEST_CLAUSE, limit // 2)
    for match in _CLAUSE_ENDS.finditer(text[: limit + 1]):
        if least <= match.end() <= limit:
            yield match.end()


def _is_boundary(text: str, place: int) -> bool:
    """Tell whether a sign may be parted from the one before: a mark from its letter may not."""
    joins = unicodedata.category(text[place]).startswith("M") or text[place] in "\u200c\u200d"
    is_after_virama = unicodedata.combining(text[place - 1]) == 9 or text[place - 1] == "\u200d"
    return not joins and not is_after_virama


def _stripped(text: str) -> Iterator[str]:
    if text.strip():
        yield text.strip()
