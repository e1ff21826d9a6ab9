"""Sentences whose language is known, and how many of them an identifier gets right."""

from collections import Counter
from pathlib import Path
from typing import Final

from ai4v.ports.languageid import LanguageIdentifier

_SENTENCES: Final = Path(__file__).resolve().parents[1] / "data/languageid/sentences.tsv"


def read_sentences() -> list[tuple[str, str]]:
    """Return (language, sentence) in the order of the file."""
    lines = _SENTENCES.read_text("utf-8").splitlines()
    return [(language, text) for language, _, text in (line.partition("\t") for line in lines)]


async def measure(identifier: LanguageIdentifier) -> dict[str, float]:
    """Return for each language the share of its sentences that are told right."""
    rows = read_sentences()
    answers = await identifier.identify([text for _, text in rows])
    right = Counter(
        language
        for (language, _), guesses in zip(rows, answers, strict=True)
        if guesses[0].language == language
    )
    counts = Counter(language for language, _ in rows)
    return {language: right[language] / count for language, count in counts.items()}
