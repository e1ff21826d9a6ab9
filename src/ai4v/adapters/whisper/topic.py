"""What speech is about, told to the model before it translates. Pure.

The model writes Hindi down far better than it translates it. So the words of its own transcript
that a glossary knows are given to it as if they had been said before, and of several answers the
one that says most of them is taken. Figures: docs/adr/0022-hindi-translated-with-its-words.md.
"""

from dataclasses import dataclass
from typing import Final

from ai4v.kit.glossary import Hint, find_hints

_OPENING: Final = "A sentence about"
"""Bare words as an opening are repeated and listed."""
_ALL_SAID: Final = 0.5
"""What an answer that says every word is worth, as mean log-probability."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Words that a translation should say."""

    hints: tuple[Hint, ...]
    """Not empty."""

    @property
    def opening(self) -> str:
        """What the model is told before."""
        return f"{_OPENING} {', '.join(hint.meanings[0] for hint in self.hints)}."

    def rate(self, text: str, log_probability: float) -> float:
        """Return how good an answer is; -inf for one that repeats the opening.

        Args:
            text: the answer.
            log_probability: mean over its tokens.
        """
        if text.startswith(_OPENING):
            return float("-inf")
        said = sum(hint.is_said(text) for hint in self.hints)
        return log_probability + _ALL_SAID * said / len(self.hints)


def find_topic(transcript: str, language: str) -> Topic | None:
    """Return what a transcript is about; None when the glossary knows no word of it."""
    hints = find_hints(transcript, language)
    return Topic(hints) if hints else None
