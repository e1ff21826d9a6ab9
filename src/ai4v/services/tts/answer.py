"""What was spoken, in the shape that clients read."""

import binascii
from collections.abc import Sequence
from typing import Final

from ai4v.contracts.tts import TtsAnswer, TtsAppliedConfig, TtsAudio, TtsLanguage
from ai4v.services.tts.media import sound_type
from ai4v.services.tts.plan import Plan
from ai4v.services.tts.synthesis import Speech

_SLICE: Final = 192 * 1024
"""Bytes encoded in one go, a multiple of 3: the GIL is held for about a millisecond."""


def render_answer(plan: Plan, speeches: Sequence[Speech]) -> bytes:
    """Return the answer as JSON; takes a while for long sound, so off the event loop."""
    answer = make_answer(plan, speeches)
    return answer.model_dump_json(by_alias=True, exclude_none=True).encode()


def make_answer(plan: Plan, speeches: Sequence[Speech]) -> TtsAnswer:
    """Return the answer: one sound for each speech."""
    return TtsAnswer(
        audio=tuple(
            TtsAudio(
                audio_content=encode_base64(speech.file.content),
                audio_duration=_seconds(speech.audio_s),
            )
            for speech in speeches
        ),
        config=_applied(plan, speeches),
    )


def sound_headers(plan: Plan, speech: Speech) -> dict[str, str]:
    """Return what is said about a sound that is itself the answer."""
    return {
        **_voice_headers(plan, speech.file.rate_hz),
        "x-audio-duration": str(_seconds(speech.audio_s)),
    }


def stream_headers(plan: Plan) -> dict[str, str]:
    """Return what is said about a sound that is sent as it is made: how long it gets is open."""
    return _voice_headers(plan, plan.rate_hz)


def encode_base64(content: bytes) -> str:
    """Return `content` in base64, letting other threads run in between."""
    return b"".join(
        binascii.b2a_base64(content[first : first + _SLICE], newline=False)
        for first in range(0, len(content), _SLICE)
    ).decode("ascii")


def _voice_headers(plan: Plan, rate_hz: int) -> dict[str, str]:
    return {
        "content-type": sound_type(plan.audio_format, rate_hz),
        "x-voice-id": plan.voice_id,
        "x-voice-tier": plan.choice.tier,
    }


def _applied(plan: Plan, speeches: Sequence[Speech]) -> TtsAppliedConfig:
    reading = plan.choice.reading
    return TtsAppliedConfig(
        service_id=plan.info.model_id,
        voice_id=plan.voice_id,
        tier=plan.choice.tier,
        note=plan.choice.note,
        language=TtsLanguage(
            source_language=reading.language.code, source_script_code=reading.script
        ),
        audio_format=plan.audio_format,
        sampling_rate=speeches[0].file.rate_hz,
        audio_duration=_seconds(sum(speech.audio_s for speech in speeches)),
        speed=plan.speed,
        not_applied=plan.not_applied,
        data_tracking=False,
    )


def _seconds(value: float) -> float:
    return round(value, 3)
