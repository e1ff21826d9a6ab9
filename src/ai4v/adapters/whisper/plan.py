"""How each language is decoded: what the model is asked for and what it may write. Pure."""

from dataclasses import dataclass
from typing import Final

from ai4v.contracts.capability import Task
from ai4v.contracts.language import LANGUAGES

LANGUAGE_CODES: Final = (
    "as", "bn", "gu", "hi", "kn", "ml", "mr", "ne", "pa", "sa", "sd", "ta", "te", "ur", "en",
)  # fmt: skip
"""Ours that Whisper was trained on."""
_LONGEST_ROW: Final = 448
"""Tokens that the decoder has places for, prompt included."""
_ROW_BASE: Final = 21
_TOKENS_PER_S: Final = {"Latn": 12.0, "Arab": 22.0, "Aran": 22.0, "Deva": 22.0, "Taml": 22.0}
_BYTE_TOKENS_PER_S: Final = 45.0
"""For scripts that the tokenizer spells byte by byte."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to decode speech of one language for one task."""

    language: str
    is_translation: bool
    script: str
    """The script that the text must be in."""
    scripts: tuple[str, ...] = ()
    """The model may write these alone, and no digits; empty for no restriction."""
    is_respelled: bool = False
    """Whether words in Arabic letters are respelled in `script` afterwards."""

    def row_limit(self, duration_s: float, *, prompt_tokens: int) -> int:
        """Return how many tokens prompt and text can need: the bound on a lost decoder."""
        script = self.scripts[-1] if self.scripts else self.script
        rate = _TOKENS_PER_S.get(script, _BYTE_TOKENS_PER_S)
        return min(_LONGEST_ROW, prompt_tokens + _ROW_BASE + round(rate * duration_s))

    @property
    def phrase_tokens(self) -> int:
        """The shortest row of tokens that a second try may not write twice: about two words."""
        return 6 if (self.scripts[-1:] or (self.script,))[0] in _TOKENS_PER_S else 18


def make_plan(language: str, task: Task, *, respelled: frozenset[str]) -> Plan:
    """Return how to decode.

    Args:
        language: one of `LANGUAGE_CODES`.
        task: TRANSCRIBE or TRANSLATE_SPEECH.
        respelled: languages for which there is a lexicon to respell Arabic letters with.
    """
    script = LANGUAGES[language].script
    if task is Task.TRANSLATE_SPEECH or language == "en":
        return Plan(language, is_translation=language != "en", script="Latn")
    if language in respelled:
        return Plan(
            language,
            is_translation=False,
            script=script,
            scripts=("Arab",),
            is_respelled=True,
        )
    return Plan(language, is_translation=False, script=script, scripts=(script,))
