"""Sentences with their translations, and the model that is to find them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.speech_corpus import MODEL_DIR

_DATA: Final = Path(__file__).resolve().parents[3] / "data/translation"
MODEL_PATH: Final = MODEL_DIR / "gemma-3-270m/gemma.gguf"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a good translation, and groups of words of which each must be said."""

    source: str
    reference: str
    groups: tuple[re.Pattern[str], ...]

    def is_kept_in(self, text: str) -> bool:
        """Tell whether `text` has a word of every group."""
        return all(group.search(text) for group in self.groups)


def read_sentences(source: str, target: str) -> tuple[Sentence, ...]:
    """Return the sentences of a direction."""
    lines = (_DATA / f"{source}-{target}.tsv").read_text("utf-8").splitlines()
    return tuple(_read(*line.split("\t")) for line in lines)


def _read(source: str, reference: str, keywords: str = "") -> Sentence:
    groups = [group.split("|") for group in keywords.split(";") if group]
    return Sentence(source, reference, tuple(_compile(group) for group in groups))


def _compile(words: list[str]) -> re.Pattern[str]:
    """Match any of the words where a word begins; `n't` stands at the end of one."""
    starts = "|".join(re.escape(word) for word in words if word != "n't")
    negation = "|n't" if "n't" in words else ""
    return re.compile(rf"\b(?:{starts}){negation}", re.IGNORECASE)
