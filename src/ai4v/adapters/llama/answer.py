"""Whether an answer of the model will do. Pure."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.kit.glossary import Hint

_LOOP: Final = re.compile(r"(\S)\1{7,}|(.{2,60}?)\2{2,}")
_MOST_TRIGRAMS: Final = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with an answer; compares as how bad it is."""

    is_unfit: bool
    """Empty, or in letters of another script."""
    is_unfinished: bool
    """Cut off or in a loop."""
    is_lossy: bool
    """Without what was to be kept."""
    missing: tuple[Hint, ...]
    """Words of the source that it does not say."""

    @property
    def badness(self) -> tuple[bool, bool, bool, int]:
        """Greater is worse."""
        return self.is_unfit, self.is_unfinished, self.is_lossy, len(self.missing)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.badness)


def judge(
    text: str, target: str, kept: tuple[str, ...], hints: tuple[Hint, ...], *, is_cut_off: bool
) -> Verdict:
    """Judge the answer `text`; `kept` are the strings it should have, each as often as listed."""
    return Verdict(
        is_unfit=not text or has_foreign_letters(text, target, kept),
        is_unfinished=is_cut_off or loops(text),
        is_lossy=not _keeps(text, kept),
        missing=tuple(hint for hint in hints if not hint.is_said(text)),
    )


def has_foreign_letters(text: str, target: str, kept: tuple[str, ...]) -> bool:
    """Tell whether letters outside what is kept belong to another script."""
    for literal in sorted(kept, key=len, reverse=True):
        text = text.replace(literal, " ")
    script = SCRIPTS[LANGUAGES[target].script]
    return any(each.isalpha() and not script.owns(each) for each in text)


def loops(text: str) -> bool:
    """Tell whether a text goes in circles: the same again and again, or three words thrice."""
    words = text.lower().split()
    trigrams = Counter(zip(words, words[1:], words[2:], strict=False))
    return bool(_LOOP.search(text)) or max(trigrams.values(), default=0) > _MOST_TRIGRAMS


def cut_loop(text: str) -> str:
    """Say once what is said again and again."""
    return _LOOP.sub(lambda found: found[1] or found[2], text)


def _keeps(text: str, kept: tuple[str, ...]) -> bool:
    for literal in sorted(kept, key=len, reverse=True):
        if literal not in text:
            return False
        text = text.replace(literal, "\n", 1)
    return True
