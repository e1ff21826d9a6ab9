"""What the model is asked: pairs of sentences, which are data, and then the source. Pure.

`example/<language>-en.tsv`: a sentence in that language, a tab, the same in English; the first ones
go into every prompt. A sentence of the test data must never be among them.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from ai4v.contracts.language import LANGUAGES
from ai4v.kit.glossary import Hint, find_hints

_SHOWN: Final = 8
"""Fewer are worse; choosing those most like the source made the model copy them."""
_END: Final = re.compile(r"[\s.!?,।]+$")
_TAG: Final = re.compile(r"[<\[](?=\S)")


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and what it is in the other language."""

    source: str
    target: str


@cache
def read_examples(source: str, target: str) -> tuple[Example, ...]:
    """Return all pairs of a direction; one of the two languages is English."""
    indic = target if source == "en" else source
    path = resources.files(__package__).joinpath("example", f"{indic}-en.tsv")
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    if source == "en":
        return tuple(Example(english, other) for other, english in rows)
    return tuple(Example(other, english) for other, english in rows)


def recall(text: str, source: str, target: str) -> str | None:
    """Return what an example says of just this text; None when there is none.

    The model is at its worst with a word alone: greetings are examples that no prompt shows.
    """
    return _known(source, target).get(_bare(text))


@cache
def _known(source: str, target: str) -> dict[str, str]:
    return {_bare(each.source): each.target for each in read_examples(source, target)}


def _bare(text: str) -> str:
    return " ".join(_END.sub("", text.lower()).split())


def hints_for(text: str, source: str, target: str) -> tuple[Hint, ...]:
    """Return what the glossary knows of a source; it knows only what words mean in English."""
    return find_hints(text, source) if target == "en" else ()


def make_prompt(text: str, source: str, target: str) -> str:
    """Ask for the translation of `text`, which must be one line; the answer ends with its line."""
    return make_head(source, target) + _question(text, source, target)


@cache
def make_head(source: str, target: str) -> str:
    """Return what every prompt of a direction begins with, so that it is computed once."""
    first, second = LANGUAGES[source].name, LANGUAGES[target].name
    pairs = "".join(
        f"{_question(each.source, source, target)} {each.target}\n\n"
        for each in read_examples(source, target)[:_SHOWN]
    )
    return f"{first} sentences and their accurate {second} translations.\n\n{pairs}"


def _question(text: str, source: str, target: str) -> str:
    text = neutralize(text)
    hints = hints_for(text, source, target)
    words = ", ".join(f"{each.word} = {each.meanings[0]}" for each in hints)
    line = f"Words: {words}\n" if words else ""
    return f"{LANGUAGES[source].name}: {text}\n{line}{LANGUAGES[target].name}:"


def neutralize(text: str) -> str:
    """Take from a text what the engine would not read as text.

    The engine reads its control tokens (`<eos>`, `[multimodal]`) wherever they stand in a prompt.
    """
    plain = "".join(
        " " if unicodedata.category(each) in ("Cc", "Co", "Cn", "Zl", "Zp") else each
        for each in text
    )
    return _TAG.sub(lambda found: f"{found[0]} ", " ".join(plain.split()))
