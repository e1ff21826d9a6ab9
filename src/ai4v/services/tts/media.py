"""What an `Accept` header asks for: the answer as JSON, or the sound itself."""

from typing import Final

from ai4v.contracts.error import ValidationError
from ai4v.contracts.tts import SpeechFormat

_FORMATS: Final = {
    "audio/wav": SpeechFormat.WAV,
    "audio/x-wav": SpeechFormat.WAV,
    "audio/wave": SpeechFormat.WAV,
    "audio/vnd.wave": SpeechFormat.WAV,
    "audio/mpeg": SpeechFormat.MP3,
    "audio/mp3": SpeechFormat.MP3,
    "audio/ogg": SpeechFormat.OGG,
    "audio/flac": SpeechFormat.FLAC,
    "audio/x-flac": SpeechFormat.FLAC,
    "audio/pcm": SpeechFormat.PCM,
}
_TYPES: Final = {
    SpeechFormat.WAV: "audio/wav",
    SpeechFormat.MP3: "audio/mpeg",
    SpeechFormat.OGG: "audio/ogg",
    SpeechFormat.FLAC: "audio/flac",
}
SOUND_TYPES: Final = (*_TYPES.values(), "audio/pcm")
"""Media types of the sound that can be had."""
_ANY_SOUND: Final = "audio/*"
_STREAMED: Final = (SpeechFormat.WAV, SpeechFormat.PCM)
STREAMED_TYPES: Final = ("audio/wav", "audio/pcm")
"""Media types of the sound that can be had as it is made."""


def wanted_sound(accept: str, default: SpeechFormat) -> SpeechFormat | None:
    """Return the format of the sound that `accept` prefers; None when it prefers JSON.

    Args:
        accept: the header, with weights as RFC 9110 has them; empty for none.
        default: what `audio/*` means.

    Raises:
        ValidationError: sound alone is asked for, and in formats alone that we do not have.
    """
    wanted = _by_weight(accept)
    for media in wanted:
        if media == _ANY_SOUND:
            return default
        if media in _FORMATS:
            return _FORMATS[media]
        if not media.startswith("audio/"):
            return None
    if wanted:
        possible = ", ".join(("application/json", *SOUND_TYPES))
        raise ValidationError.at("accept", f"sound of this kind is not made; possible: {possible}")
    return None


def streamed_format(accept: str, asked: SpeechFormat | None) -> SpeechFormat:
    """Return the format of a sound that is sent as it is made.

    Args:
        accept: the header; empty for none.
        asked: what the request itself says; None: what `accept` prefers, and wav if it is all one.

    Raises:
        ValidationError: it cannot be streamed, or the header does not accept it.
    """
    if asked is not None and asked not in _STREAMED:
        possible = " or ".join(_STREAMED)
        message = f"this cannot be sent as it is made; possible: {possible}"
        raise ValidationError.at("config.audioFormat", message)
    wanted = _by_weight(accept) or ["*/*"]
    for media in wanted:
        if media in ("*/*", _ANY_SOUND):
            return asked or SpeechFormat.WAV
        found = _FORMATS.get(media)
        if found in _STREAMED and asked in (None, found):
            return found
    if asked is not None and any(_FORMATS.get(media) in _STREAMED for media in wanted):
        message = "the Accept header asks for another: make them the same, or leave one out"
        raise ValidationError.at("config.audioFormat", message)
    possible = " or ".join(STREAMED_TYPES)
    raise ValidationError.at("accept", f"what is sent as it is made is {possible}")


def sound_type(audio_format: SpeechFormat, rate_hz: int) -> str:
    """Return the media type of a sound; bare samples are told their rate."""
    bare = f"audio/pcm;rate={rate_hz};channels=1;encoding=signed-int;bits=16"
    return _TYPES.get(audio_format, bare)


def _by_weight(accept: str) -> list[str]:
    weighted = []
    for entry in accept.split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = next((_weight(part) for part in parameters if part.startswith("q=")), 1.0)
        if media and weight > 0:
            weighted.append((weight, media))
    return [media for _, media in sorted(weighted, key=lambda pair: -pair[0])]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 1.0
