"""The decoder of the model: what it writes for encoded windows. Synchronous."""

from dataclasses import dataclass
from typing import Final

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from ai4v.adapters.whisper.plan import Plan
from ai4v.adapters.whisper.transcript import Loop, find_text_loop
from ai4v.adapters.whisper.vocabulary import Vocabulary

_BAD_LOG_PROBABILITY: Final = -1.0
_LIKELY_SILENCE: Final = 0.6
"""Both thresholds are OpenAI's (transcribe.py)."""
_STATES_PER_S: Final = 50
"""The encoder gives one for every two frames."""
_BEAMS: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """What the decoder wrote for one window."""

    tokens: tuple[int, ...]
    log_probability: float
    """Mean over the tokens."""
    silence: float
    """Probability that nobody speaks."""
    is_cut_off: bool
    loop: Loop | None

    @property
    def is_suspect(self) -> bool:
        """Whether the whole window should be tried."""
        return (
            self.is_cut_off
            or not self.tokens
            or self.log_probability < _BAD_LOG_PROBABILITY
            or self.loop is not None
        )

    @property
    def is_silence(self) -> bool:
        """Whether what was written stands for nothing that was said."""
        return self.silence > _LIKELY_SILENCE and self.log_probability < _BAD_LOG_PROBABILITY


class Decoder:
    """Writes what a loaded model hears. Not safe for use from two threads at once."""

    def __init__(self, model: ctranslate2.models.Whisper, vocabulary: Vocabulary) -> None:
        self._model = model
        self._vocabulary = vocabulary

    def decode(self, plan: Plan, encoded: NDArray[np.float32], *, phrase: int = 0) -> list[Row]:
        """Return the likeliest words of each window, with time stamps.

        Args:
            plan: what to write.
            encoded: shape [windows, states, size].
            phrase: the shortest row of tokens that may not come twice; 0 for no such rule.
        """
        prompt = self._vocabulary.prompt(plan.language, is_translation=plan.is_translation)
        found = self._generate(plan, encoded, prompt, phrase=phrase)
        return [rows[0] for rows in found]

    def continue_from(self, opening: str, plan: Plan, encoded: NDArray[np.float32]) -> list[Row]:
        """Return several answers for one window, without stamps, as if `opening` came before."""
        asked = self._vocabulary.prompt(plan.language, is_translation=plan.is_translation)
        prompt = [*self._vocabulary.opening(opening), *asked, self._vocabulary.first_stamp - 1]
        (rows,) = self._generate(plan, encoded, prompt, beams=_BEAMS)
        return rows

    def _generate(
        self,
        plan: Plan,
        encoded: NDArray[np.float32],
        prompt: list[int],
        *,
        beams: int = 1,
        phrase: int = 0,
    ) -> list[list[Row]]:
        if not len(encoded):
            return []
        limit = plan.row_limit(encoded.shape[1] / _STATES_PER_S, prompt_tokens=len(prompt))
        suppressed = [-1, *(self._vocabulary.foreign_to(plan.scripts) if plan.scripts else ())]
        results = self._model.generate(
            ctranslate2.StorageView.from_array(np.ascontiguousarray(encoded)),
            [prompt] * len(encoded),
            beam_size=beams,
            num_hypotheses=beams,
            max_length=limit,
            no_repeat_ngram_size=phrase,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=suppressed,
        )
        stamp = self._vocabulary.first_stamp
        return [
            [
                Row(
                    tokens=tuple(tokens),
                    log_probability=_mean(score, len(tokens)),
                    silence=result.no_speech_prob,
                    is_cut_off=len(tokens) + len(prompt) >= limit,
                    loop=find_text_loop(tokens, first_stamp=stamp),
                )
                for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
            ]
            for result in results
        ]


def _mean(score: float, tokens: int) -> float:
    """Undo ctranslate2's mean over the tokens and count the end token, as OpenAI does."""
    return score * tokens / (tokens + 1) if tokens else score
