"""What became of the texts, in the shapes that clients read."""

from collections.abc import Sequence
from typing import Final

from ai4v.contracts.capability import Tier
from ai4v.contracts.nmt import (
    DetectAnswer,
    DetectOutput,
    LanguagePrediction,
    NmtAnswer,
    NmtOutput,
)
from ai4v.ports.languageid import LanguageGuess
from ai4v.services.nmt.interpreter import Interpretation, Job
from ai4v.services.nmt.plan import Plan

_SCORE_DIGITS: Final = 4


def make_answer(
    plan: Plan, jobs: Sequence[Job], interpretations: Sequence[Interpretation]
) -> NmtAnswer:
    """Return the answer: one output for each text."""
    return NmtAnswer(
        output=tuple(
            _output(job, interpretation)
            for job, interpretation in zip(jobs, interpretations, strict=True)
        ),
        config=plan.applied,
    )


def tier_of(job: Job, interpretation: Interpretation) -> Tier:
    """Return how good the engine is at what it did for a text; none: it had nothing to do."""
    return job.direction.tier if interpretation.rendering.has_words else Tier.NONE


def make_detect_answer(
    texts: Sequence[str], guesses: Sequence[Sequence[LanguageGuess]]
) -> DetectAnswer:
    """Return the answer: one output for each text, its likeliest language first."""
    return DetectAnswer(
        output=tuple(
            DetectOutput(source=text, lang_prediction=tuple(map(_prediction, some)))
            for text, some in zip(texts, guesses, strict=True)
        )
    )


def _output(job: Job, interpretation: Interpretation) -> NmtOutput:
    rendering = interpretation.rendering
    return NmtOutput(
        source=job.text,
        target=rendering.text,
        source_language=job.direction.source,
        tier=tier_of(job, interpretation),
        is_script_right=rendering.is_script_right,
        is_whole=rendering.is_whole,
    )


def _prediction(guess: LanguageGuess) -> LanguagePrediction:
    return LanguagePrediction(
        lang_code=guess.language,
        script_code=guess.script,
        lang_score=round(guess.score, _SCORE_DIGITS),
    )
