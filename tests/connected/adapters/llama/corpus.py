"""Sentences with their translations, and the model that is to find them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.meaning import Meaning, parse_meaning
from tests.support.speech_corpus import MODEL_DIR

_DATA: Final = Path(__file__).resolve().parents[3] / "data/translation"
MODEL_PATH: Final = MODEL_DIR / "gemma-3-270m/gemma.gguf"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a good translation, and what of it must be said."""

    source: str
    reference: str
    meaning: Meaning

    def is_kept_in(self, text: str) -> bool:
        """Tell whether `text` has the meaning."""
        return self.meaning.is_kept_in(text)


def read_sentences(source: str, target: str) -> tuple[Sentence, ...]:
    """Return the sentences of a direction."""
    lines = (_DATA / f"{source}-{target}.tsv").read_text("utf-8").splitlines()
    return tuple(_read(*line.split("\t")) for line in lines)


def _read(source: str, reference: str, keywords: str = "") -> Sentence:
    return Sentence(source, reference, parse_meaning(keywords))
