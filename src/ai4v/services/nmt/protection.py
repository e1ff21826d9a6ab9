"""What stands in a translation as it stood in the text: numbers, addresses, codes, signs.

Every pattern begins where none of its own characters precedes it, or bounds what it repeats, so
that finding takes time in proportion to the text, whatever the text is.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_STOPS: Final = ".,;:!?)\\]}।॥،؛۔"
_ADDRESS: Final = rf"[^\s<>\"`]{{0,9000}}[^\s<>\"'`{_STOPS}]"
"""The rest of an address; the sign that ends the sentence around it is no part of it."""
_DOMAINS: Final = "com|org|net|in|gov|edu|io|co|info|dev|app|ai|biz|me|भारत"
_EMOJI: Final = "[\U0001f000-\U0001faff☀-➿⬀-⯿⌀-⏿〰〽㊗㊙][\ufe0f\U0001f3fb-\U0001f3ff]?"
_WORD: Final = "[\\w\u0300-\u036f\u0900-\u0963\u0966-\u0dff]"
"""A letter or digit, or a mark on one, which `\\w` does not know."""
_PATTERNS: Final = (
    r"</?[A-Za-z][\w:-]{0,30}(?:\s[^<>=]{0,200}=[^<>]{0,1000})?\s?/?>|<!--[^<>]{0,200}-->",
    r"&(?:[A-Za-z]{2,10}|#\d{2,7});",
    r"\{\{[^{}]{1,64}\}\}|\$?\{[^{}\s]{0,64}\}",
    r"%\([A-Za-z_]\w{0,63}\)[sdif](?![A-Za-z0-9])|(?<![\w%])%(?:\d\$)?[sdif](?![A-Za-z0-9])",
    rf"(?<![A-Za-z0-9])(?:https?|ftp)://{_ADDRESS}",
    rf"(?<![\w.@])www\.{_ADDRESS}",
    r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}\w{2,24}",
    rf"(?<![\w.@-])(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}(?:{_DOMAINS})\b(?:[/?#]{_ADDRESS})?",
    rf"(?<![\w@#&])[@#](?=[^\W\d])[^\s@#(\[{{<>\"'{_STOPS}]{{1,100}}",
    r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,7}(?![\w:])",
    r"(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?",
    rf"(?<!-)(?<!{_WORD})(?=[A-Z/_-]{{0,64}}\d)[A-Z0-9]{{1,32}}(?:[-/_][A-Z0-9]{{1,32}}){{1,8}}(?!{_WORD})",
    r"(?<!\w)v\d{1,9}(?:\.\d{1,9}){1,5}(?!\w)",
    rf"(?<!{_WORD})(?=[A-Za-z]{{0,32}}\d)(?=\d{{0,32}}[A-Za-z])[A-Za-z0-9]{{2,64}}(?!{_WORD})",
    r"[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3",
    rf"{_EMOJI}(?:\u200d{_EMOJI}){{0,6}}",
    r"(?<![\w+])\+\d{1,3}(?:[ -]?(?:\(\d{2,5}\)|\d{2,5})){1,5}(?!\d)",
    r"(?:(?<![\w.)\]])[-−+±])?[$€£¥₹]?\d+(?:[.,:/–-]\d+)*[%‰°$€£¥₹]?",
)
_ANY: Final = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
_BEFORE_NUMBER: Final = re.compile(r"(?:\d|[A-Za-z]|\d[.,]|(?:^|\s)[-−+±])$")
_AFTER_NUMBER: Final = re.compile(r"\d|[.,]\d|[A-Za-z]{4}")
"""What makes a number beside it another one, or a part of a word."""
_IS_ADDRESS: Final = re.compile(r"://|^www\.|\S@\S")
_BETWEEN_DIGITS: Final = ".,:/–-"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a text."""

    start: int
    end: int
    """Exclusive."""


def find_protected(text: str, known: Sequence[str] = ()) -> tuple[Span, ...]:
    """Return the places of what is to be kept, in order; none overlaps another.

    Args:
        text: one line.
        known: strings to be kept wherever they stand by themselves, of whatever kind.
    """
    found = [match.span() for match in _ANY.finditer(text)]
    if known:
        found += [(span.start, span.end) for span in find_alone(text, known)]
    spans: list[Span] = []
    for start, end in sorted(found):
        if spans and start < spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(end, spans[-1].end))
        else:
            spans.append(Span(start, end))
    return tuple(spans)


def find_alone(text: str, strings: Iterable[str]) -> Iterator[Span]:
    """Find each of `strings` where nothing around it makes it another one, the longest first."""
    taken = bytearray(len(text))
    for string in sorted(set(strings), key=len, reverse=True):
        start = text.find(string)
        while start >= 0:
            end = start + len(string)
            is_free = not any(taken[start:end])
            if is_free and _stands_alone(
                string, text[max(0, start - 2) : start], text[end : end + 4]
            ):
                taken[start:end] = b"x" * len(string)
                yield Span(start, end)
            start = text.find(string, end if is_free else start + 1)


def has_letters(text: str) -> bool:
    """Tell whether there is any letter."""
    return any(each.isalpha() for each in text)


def count_kept(text: str, kept: Iterable[str]) -> Counter[str]:
    """Count how often each of `kept` stands in `text` by itself, not as a part of a longer one."""
    return Counter(text[span.start : span.end] for span in find_alone(text, kept))


def without(text: str, kept: Iterable[str]) -> str:
    """Return `text` without any of `kept`, wherever it stands."""
    strings = sorted(set(kept), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, strings)), " ", text) if strings else text


def without_alone(text: str, kept: Iterable[str]) -> str:
    """Return `text` without any of `kept` where it stands by itself."""
    position = 0
    rest = []
    for span in sorted(find_alone(text, kept)):
        rest.append(text[position : span.start])
        position = span.end
    return " ".join((*rest, text[position:]))


def find_strangers(text: str, kept: Iterable[str]) -> frozenset[str]:
    """Return the web and mail addresses in `text` that are none of `kept`: made up, or changed."""
    found = (text[span.start : span.end] for span in find_protected(text))
    return frozenset(each for each in found if _IS_ADDRESS.search(each)).difference(kept)


def may_touch(before: str, after: str) -> bool:
    """Tell whether two strings, one of them kept, stay apart when they are joined."""
    if not before or not after:
        return True
    return not any(is_part(before[-1]) and is_part(after[0]) for is_part in (_is_digit, _is_ascii))


def _is_digit(character: str) -> bool:
    return character.isdecimal() or character in _BETWEEN_DIGITS


def _is_ascii(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _stands_alone(string: str, before: str, after: str) -> bool:
    if has_letters(string):
        is_open = _is_word(string[-1:]) or "://" in string
        return not (
            (_is_word(string[0]) and _is_word(before[-1:])) or (is_open and _is_word(after[:1]))
        )
    begins, ends = string[0].isdecimal(), string[-1].isdecimal()
    return not ((begins and _BEFORE_NUMBER.search(before)) or (ends and _AFTER_NUMBER.match(after)))


def _is_word(character: str) -> bool:
    """Tell whether it is a letter, a digit, or a mark on one; empty is none."""
    return bool(character) and (
        character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
    )
