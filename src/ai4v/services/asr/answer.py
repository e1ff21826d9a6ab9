"""What was heard, in the shape that clients read."""

from typing import Final

from ai4v.contracts.asr import AsrAnswer, AsrOutput, AsrSegment, AsrTask, TranscriptFormat
from ai4v.contracts.language import LANGUAGES, find_language
from ai4v.ports.recognizer import RecognizedSegment
from ai4v.services.asr.plan import Plan
from ai4v.services.asr.subtitles import render_srt, render_webvtt
from ai4v.services.asr.transcriber import Transcript

_RENDERERS: Final = {TranscriptFormat.SRT: render_srt, TranscriptFormat.WEBVTT: render_webvtt}
_CONFIDENCE_DIGITS: Final = 3


def make_answer(plan: Plan, transcripts: tuple[Transcript, ...]) -> AsrAnswer:
    """Return the answer: one output for each transcript."""
    return AsrAnswer(
        output=tuple(_output(plan, transcript) for transcript in transcripts), config=plan.applied
    )


def _output(plan: Plan, transcript: Transcript) -> AsrOutput:
    render = _RENDERERS.get(plan.applied.transcription_format.value)
    confidence = transcript.confidence
    return AsrOutput(
        source=render(transcript.segments) if render else transcript.text,
        language=transcript.language,
        script=_script(plan, transcript),
        is_script_right=transcript.is_script_right,
        is_silence=not transcript.text,
        duration_s=_seconds(transcript.audio_s),
        segments=tuple(
            _segment(number, segment) for number, segment in enumerate(transcript.segments)
        ),
        confidence=None if confidence is None else round(confidence, _CONFIDENCE_DIGITS),
    )


def _segment(number: int, segment: RecognizedSegment) -> AsrSegment:
    return AsrSegment(
        id=number,
        start_s=_seconds(segment.start_s),
        end_s=_seconds(segment.end_s),
        text=segment.text,
    )


def _script(plan: Plan, transcript: Transcript) -> str | None:
    if plan.applied.task is AsrTask.TRANSLATE:
        return LANGUAGES["en"].script
    language = find_language(transcript.language or "")
    return language.script if language else None


def _seconds(value: float) -> float:
    return round(value, 3)
