"""How one text is translated: what is asked of the engine, and what is made of its answers.

Nothing here awaits anything. A rendering is a generator that yields the passages it wants
translated and is sent their translations, so that all texts of a call are asked in a few large
rounds, and every rule can be tested without an engine.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from ai4v.contracts.language import LANGUAGES
from ai4v.ports.translator import Passage, Translation
from ai4v.services.nmt.direction import Direction, Leg
from ai4v.services.nmt.fragment import Fragment
from ai4v.services.nmt.judgement import cut_loop, is_in_script
from ai4v.services.nmt.layout import read_layout
from ai4v.services.nmt.protection import (
    count_kept,
    find_strangers,
    has_letters,
    may_touch,
    without,
    without_alone,
)
from ai4v.services.nmt.restoration import are_apart, restore, write_ascii_digits

_T = TypeVar("_T")
Asking = Generator[tuple[Passage, ...], tuple[Translation, ...], _T]
"""Yields passages, is sent one translation for each, and returns what it made of them."""

_NOT_ONE_LINE: Final = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_STRAY_JOINER: Final = re.compile(
    r"(?:^|(?<=\s))[\u200b-\u200d]+|[\u200b-\u200d]+(?=[\u200b-\u200d]|\s|$)"
)
_UNSEEN: Final = re.compile("[\u00ad\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Signs of direction, hyphenation and byte order: engines stumble over them."""
_SHORTEST_CUT: Final = 24
"""Characters; what is shorter is not tried again in parts."""
_CUT_SHARE: Final = 0.6
"""How long the parts may be that a text is tried again in."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What became of a text."""

    text: str
    is_whole: bool = True
    """Whether the engine had something to say to every part, up to its end, without a loop."""
    is_script_right: bool = True
    """Whether every letter that was not to be kept is of the target's script."""
    has_words: bool = True
    """Whether there was something to be translated."""
    has_failed: bool = False
    """Whether nothing came of what was to be translated."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What became of a part of a line, once."""

    text: str
    is_whole: bool = True
    is_kept: bool = True
    """Whether what was to be kept is there, as often as it should be."""
    has_words: bool = True

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """What the better of two attempts has more of."""
        return (self.is_kept, self.is_whole, self.has_words)


def gather(askings: Iterable[Asking[_T]]) -> Asking[tuple[_T, ...]]:
    """Run several at once: what they want in the same round is wanted together."""
    running = dict(enumerate(askings))
    results: dict[int, _T] = {}
    answers: dict[int, tuple[Translation, ...]] = {}
    while running:
        wanted: dict[int, tuple[Passage, ...]] = {}
        for place, asking in tuple(running.items()):
            try:
                wanted[place] = asking.send(answers[place]) if answers else next(asking)
            except StopIteration as end:
                results[place] = end.value
                del running[place]
        if wanted:
            found = iter((yield tuple(each for some in wanted.values() for each in some)))
            answers = {place: tuple(next(found) for _ in some) for place, some in wanted.items()}
    return tuple(results[place] for place in sorted(results))


def render_text(text: str, direction: Direction, *, limit: int) -> Asking[Rendering]:
    """Translate a text; its layout and what is to be kept come out as they went in.

    Args:
        text: in normal form C.
        direction: which way.
        limit: the longest passage that the engine takes, in characters.
    """
    layout = read_layout(_UNSEEN.sub("", text) if direction.legs else text)
    cells = yield from gather(_render_cell(cell, direction, limit) for cell in layout.cells)
    wordy = [cell for cell in cells if cell is not None]
    kept_cells = (
        cell.text if cell else said for cell, said in zip(cells, layout.cells, strict=True)
    )
    return Rendering(
        layout.join(tuple(kept_cells)),
        is_whole=all(cell.is_whole for cell in wordy),
        is_script_right=all(cell.is_script_right for cell in wordy),
        has_words=bool(wordy),
        has_failed=bool(wordy) and all(cell.has_failed for cell in wordy),
    )


def _render_cell(text: str, direction: Direction, limit: int) -> Asking[Rendering | None]:
    """Translate what a line says; None: there is nothing in it to be translated."""
    line = Fragment.of(text)
    if not line.has_words:
        return None
    script = LANGUAGES[direction.target].script
    sentences = line.sentences()
    said = yield from gather(_go(sentence, direction, limit) for _, sentence in sentences)
    target = "".join(space + each.text for (space, _), each in zip(sentences, said, strict=True))
    return Rendering(
        target,
        is_whole=all(each.is_whole for each in said),
        is_script_right=is_in_script(target, script, line.kept),
        has_failed=not has_letters(without(target, line.kept)),
    )


def _go(sentence: Fragment, direction: Direction, limit: int) -> Asking[_Attempt]:
    """Translate a sentence leg by leg."""
    attempt = _Attempt(sentence.text)
    fragment = Fragment(sentence.text, sentence.spans)
    is_whole = True
    for leg in direction.legs:
        attempt = yield from _render_parts(fragment, limit, leg, _render_piece)
        is_whole = is_whole and attempt.is_whole
        fragment = Fragment.of(attempt.text, fragment.kept)
    return replace(attempt, is_whole=is_whole)


def _render_parts(
    fragment: Fragment,
    limit: int,
    leg: Leg,
    render: Callable[[Fragment, Leg], Asking[_Attempt]],
) -> Asking[_Attempt]:
    parts = fragment.cut(limit)
    attempts = yield from gather(render(part, leg) for _, part in parts)
    said = (space + attempt.text for (space, _), attempt in zip(parts, attempts, strict=True))
    return _Attempt(
        "".join(said),
        is_whole=all(attempt.is_whole for attempt in attempts),
        is_kept=all(attempt.is_kept for attempt in attempts),
        has_words=any(attempt.has_words for attempt in attempts),
    )


def _render_piece(fragment: Fragment, leg: Leg) -> Asking[_Attempt]:
    """Translate at once, else in parts, else around what is to be kept."""
    best = yield from _try(fragment, leg)
    if best.is_kept and best.is_whole:
        return best
    if len(fragment.text) > _SHORTEST_CUT:
        limit = max(_SHORTEST_CUT, int(len(fragment.text) * _CUT_SHARE))
        again = yield from _render_parts(fragment, limit, leg, _try)
        again = replace(again, is_kept=_keeps(again.text, fragment))
        best = max(best, again, key=lambda attempt: attempt.rank)
    if best.is_kept and (best.has_words or not fragment.spans):
        return best
    return (yield from _render_around(fragment, leg))


def _try(fragment: Fragment, leg: Leg) -> Asking[_Attempt]:
    """Ask for a translation as it is, and look at it."""
    if not fragment.has_words:
        return _Attempt(fragment.text, has_words=False)
    kept = fragment.kept
    shown = Passage(
        write_ascii_digits(fragment.text),
        leg.source,
        leg.target,
        tuple(write_ascii_digits(each) for each in kept),
    )
    (answer,) = yield (shown,)
    said = restore(_clean(answer.text), kept)
    text = cut_loop(said) if cut_loop(fragment.text) == fragment.text else said
    has_words = has_letters(without(text, kept))
    return _Attempt(
        text,
        is_whole=answer.is_whole and has_words and text == said,
        is_kept=_keeps(text, fragment),
        has_words=has_words,
    )


def _clean(text: str) -> str:
    """Return one line in normal form C, without joiners that join nothing."""
    line = _STRAY_JOINER.sub("", _NOT_ONE_LINE.sub(" ", text))
    return unicodedata.normalize("NFC", line).strip()


def _keeps(text: str, fragment: Fragment) -> bool:
    """Tell whether what is to be kept is there, each by itself, and nowhere else."""
    if find_strangers(text, fragment.kept):
        return False
    if not are_apart(text, fragment.kept, fragment.text):
        return False
    return count_kept(text, fragment.watched) == Counter(fragment.kept)


def _render_around(fragment: Fragment, leg: Leg) -> Asking[_Attempt]:
    """Translate what lies between the things to be kept, and put them back into their places."""
    pieces = [_take_apart(stretch) for stretch in fragment.stretches()]
    attempts = yield from gather(_try(Fragment(core, ()), leg) for _, core, _ in pieces)
    text = ""
    for number, ((before, core, after), attempt) in enumerate(zip(pieces, attempts, strict=True)):
        unwanted = fragment.watched | find_strangers(attempt.text, ())
        said = without_alone(attempt.text, unwanted).strip()
        is_dropped = bool(core and text and not said)
        kept = fragment.kept[number] if number < len(fragment.kept) else ""
        text = _put(_put(text, before or " " * is_dropped, said), after, kept)
    return _Attempt(
        text,
        is_whole=all(attempt.is_whole for attempt in attempts),
        has_words=has_letters(without(text, fragment.kept)),
    )


def _put(text: str, between: str, following: str) -> str:
    """Join, with a space where the two would run into one."""
    if not between and not may_touch(text, following):
        between = " "
    return text + between + following


def _take_apart(stretch: str) -> tuple[str, str, str]:
    """Return what stands before the first letter, the words, and what stands after them."""
    is_word = [each.isalnum() or unicodedata.category(each)[0] == "M" for each in stretch]
    if not has_letters(stretch):
        return "", "", stretch
    first = is_word.index(True)
    last = len(stretch) - is_word[::-1].index(True)
    return stretch[:first], stretch[first:last], stretch[last:]
