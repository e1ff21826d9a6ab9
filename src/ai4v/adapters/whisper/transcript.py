"""What a row of Whisper's tokens says: pieces with times, and signs that it went wrong. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from ai4v.adapters.whisper.vocabulary import SECONDS_PER_STAMP

_LONGEST_LOOP: Final = 24
_LOOP_TOKENS: Final = 10
_LOOP_TURNS: Final = 4
_LEAST_REPEATED: Final = 4
"""Words of a sentence that nobody says twice."""
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text tokens between two time stamps, in seconds from the window's start."""

    start_s: float
    end_s: float
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A window's tokens, cut at their time stamps."""

    pieces: tuple[Piece, ...]
    resume_s: float | None
    """Where the model stopped with more to say; None when it heard all of the window."""


def cut_timeline(tokens: Sequence[int], *, first_stamp: int, duration_s: float) -> Timeline:
    """Cut tokens at their stamps.

    Whisper writes `<start> text <end>` for each piece; a window that it could not finish ends in
    two stamps, the second of them where the next window must begin (openai/whisper, transcribe.py).
    """
    pieces: list[Piece] = []
    text: list[int] = []
    start_s = 0.0
    for token in tokens:
        if token < first_stamp:
            text.append(token)
            continue
        at_s = min(duration_s, (token - first_stamp) * SECONDS_PER_STAMP)
        if text:
            pieces.append(Piece(min(start_s, at_s), at_s, tuple(text)))
            text = []
        start_s = at_s
    if text:
        pieces.append(Piece(start_s, duration_s, tuple(text)))
    is_open = len(tokens) > 1 and tokens[-1] >= first_stamp and tokens[-2] >= first_stamp
    return Timeline(tuple(pieces), start_s if is_open and pieces else None)


@dataclass(frozen=True, slots=True)
class Loop:
    """A phrase said over and over."""

    start: int
    size: int


def find_loop(tokens: Sequence[int]) -> Loop | None:
    """Find a phrase said 4 times in a row and over at least 10 tokens.

    People do say things twice or thrice, and count zeros; a decoder that is lost goes on.
    """
    for size in range(1, _LONGEST_LOOP + 1):
        turns = max(_LOOP_TURNS, -(-_LOOP_TOKENS // size))
        matches = 0
        for place in range(size, len(tokens)):
            matches = matches + 1 if tokens[place] == tokens[place - size] else 0
            if matches >= size * (turns - 1):
                return Loop(place + 1 - matches - size, size)
    return None


def find_text_loop(tokens: Sequence[int], *, first_stamp: int) -> Loop | None:
    """Find a loop in the text of `tokens`, whatever stamps are in it."""
    return find_loop([token for token in tokens if token < first_stamp])


def cut_loop(tokens: Sequence[int], *, first_stamp: int) -> tuple[int, ...]:
    """Keep the first turn of a loop in the text and leave out what follows it."""
    places = [place for place, token in enumerate(tokens) if token < first_stamp]
    loop = find_loop([tokens[place] for place in places])
    return tuple(tokens if loop is None else tokens[: places[loop.start + loop.size - 1] + 1])


def drop_repeats(
    tokens: Sequence[int], *, ends: AbstractSet[int], decode: Callable[[Sequence[int]], str]
) -> tuple[int, ...]:
    """Leave out sentences that say nothing but words of the sentence before.

    A decoder that has said all begins again: with a name in other tokens, in another order, or
    with the end alone. People do say a word or two twice; sentences as short as that stay.

    Args:
        tokens: a text without stamps.
        ends: tokens that end a sentence.
        decode: writes tokens as text, English.
    """
    kept: list[int] = []
    last = Counter[str]()
    start = 0
    for place, token in enumerate(tokens, start=1):
        if token in ends or place == len(tokens):
            words = Counter(_WORD.findall(decode(tokens[start:place]).lower()))
            if words.total() < _LEAST_REPEATED or not words <= last:
                kept += tokens[start:place]
                last = words
            start = place
    return tuple(kept)
