"""Guesses the languages of one text. Needs the trained model in memory; used by any thread."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from py3langid.langid import LanguageIdentifier as TrainedModel

from ai4v.adapters.langid.evidence import GROUPS, Lists, count_votes, read_lists
from ai4v.adapters.langid.letter import Passage, read_passage
from ai4v.adapters.langid.mark import ENGLISH
from ai4v.contracts.language import LANGUAGES
from ai4v.ports.languageid import LanguageGuess

_MODEL: Final = "data/model.npz.xz"
_ALIASES: Final = {"gom": "kok"}
"""Codes of the trained model that are other than ours."""
_TRAINED: Final = 0.3
"""What the trained model's probability weighs against the votes of one word."""
_FIRST: Final = 0.1
_OTHER: Final = 0.02
"""What speaks for the commonest language of a script, and for the others, before a word is read."""
_DOUBT: Final = 0.02
_LEAST: Final = 0.01
"""Guesses below this score are kept to oneself."""
_ENGLISH: Final = frozenset(ENGLISH.split())
_ENGLISH_SHARE: Final = 2.5
"""In English every third word or so is one of the most frequent ones."""


class Judge:
    """Knows the statistics and the word lists."""

    def __init__(self, lexicon_dir: Path | None) -> None:
        """Read the model, which takes a second, and the word lists that are in `lexicon_dir`."""
        self._model = TrainedModel.from_model_file(_MODEL, norm_probs=True)
        self._lists: Lists = read_lists(lexicon_dir) if lexicon_dir else {}

    def guess(self, text: str) -> tuple[LanguageGuess, ...]:
        """Return the likeliest languages of a text, likeliest first; as the port says."""
        passage = read_passage(text)
        if passage is None:
            return ()
        if passage.script == "Latn":
            return (LanguageGuess("en", "Latn", passage.share * self._rate_english(passage.words)),)
        if passage.script in GROUPS:
            return self._compare(passage)
        return tuple(
            LanguageGuess(language.code, language.script, passage.share)
            for language in LANGUAGES.values()
            if language.script == passage.script
        )

    def _compare(self, passage: Passage) -> tuple[LanguageGuess, ...]:
        """Weigh the languages of a script that several share."""
        votes = count_votes(passage.words, passage.script, self._lists)
        trained = self._ask_model(passage.words)
        weights = {
            language: votes[language] / len(passage.words)
            + _TRAINED * trained.get(language, 0.0)
            + (_OTHER if place else _FIRST)
            for place, language in enumerate(votes)
        }
        squares = {language: weight**2 for language, weight in weights.items()}
        total = sum(squares.values()) + _DOUBT
        ranked = sorted(squares, key=squares.__getitem__, reverse=True)
        return tuple(
            LanguageGuess(
                language,
                _script_of(language, passage.script),
                passage.share * squares[language] / total,
            )
            for place, language in enumerate(ranked)
            if not place or squares[language] / total >= _LEAST
        )

    def _rate_english(self, words: tuple[str, ...]) -> float:
        frequent = sum(word in _ENGLISH for word in words) / len(words)
        return (min(1.0, _ENGLISH_SHARE * frequent) + self._ask_model(words).get("en", 0.0)) / 2

    def _ask_model(self, words: Iterable[str]) -> dict[str, float]:
        """Return the trained model's probabilities, which add up to 1 over all it knows."""
        ranked: list[tuple[str, float]] = self._model.rank(" ".join(words))
        return {_ALIASES.get(code, code): probability for code, probability in ranked}


def _script_of(language: str, script: str) -> str:
    """Return how the language calls the script: Arabic letters are `Aran` in Urdu."""
    own = LANGUAGES[language].script
    return own if script == "Arab" else script
