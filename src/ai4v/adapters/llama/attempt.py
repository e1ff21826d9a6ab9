"""How often and in which ways one passage is asked, until an answer will do. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ai4v.adapters.llama.answer import Verdict, judge
from ai4v.kit.glossary import Hint

_MOST_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """How to ask."""

    nudged: tuple[Hint, ...] = ()
    pushed: tuple[Hint, ...] = ()
    is_held: bool = False
    """Whether a grammar holds the answer to its script."""
    is_strict: bool = False
    """Whether the grammar also asks for each string to be kept."""
    is_penalized: bool = False
    """Whether saying the same again is made unlikely."""


Ask = Callable[[Attempt], tuple[str, bool]]
"""Returns an answer and whether it was cut off; the same to the same attempt."""


def seek(
    ask: Ask, target: str, kept: tuple[str, ...], hints: tuple[Hint, ...]
) -> tuple[str, Verdict]:
    """Return the best answer and what is wrong with it; no attempt is made twice.

    Args:
        ask: carries out an attempt.
        target: a language's code.
        kept: the strings that the answer should have, each as often as listed.
        hints: what the glossary knows of the source.
    """
    verdict = least = Verdict(is_unfit=True, is_unfinished=True, is_lossy=True, missing=hints)
    best = ""
    made: list[Attempt] = []
    for number in range(_MOST_ATTEMPTS):
        attempt = _plan(number, hints, verdict, is_held=target != "en")
        if attempt in made:
            continue
        made.append(attempt)
        text, is_cut_off = ask(attempt)
        verdict = judge(text, target, kept, hints, is_cut_off=is_cut_off)
        if number == 0 or verdict.badness < least.badness:
            best, least = text, verdict
        is_fair = number > 0 and not any(least.badness[:3])
        if least.is_good or is_fair or (number > 0 and not (hints or kept)):
            break
    return best, least


def _plan(number: int, hints: tuple[Hint, ...], last: Verdict, *, is_held: bool) -> Attempt:
    """Ask plainly first, then for what was wrong, then only for an answer that ends."""
    if number == 0:
        return Attempt(nudged=hints, is_held=is_held, is_strict=True)
    if number == 1:
        return Attempt(
            hints,
            last.missing,
            is_held=is_held or last.is_unfit or last.is_lossy,
            is_strict=not last.is_unfinished,
            is_penalized=last.is_unfinished,
        )
    return Attempt(is_held=is_held or last.is_unfit, is_penalized=True)
