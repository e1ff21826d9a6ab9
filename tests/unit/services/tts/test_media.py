import pytest

from ai4v.contracts.error import ValidationError
from ai4v.contracts.tts import SpeechFormat
from ai4v.services.tts.media import sound_type, wanted_sound


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("text/html, audio/wav", None),
        ("audio/wav", SpeechFormat.WAV),
        ("AUDIO/MPEG", SpeechFormat.MP3),
        ("audio/mpeg;q=0.4, audio/ogg;q=0.9", SpeechFormat.OGG),
        ("audio/aac, audio/flac;q=0.1", SpeechFormat.FLAC),
        ("audio/aac, */*;q=0.1", None),
        ("audio/*;q=nonsense", SpeechFormat.PCM),
        ("audio/wav;q=0", None),
        (" , ;", None),
    ],
)
def test_accept(accept: str, wanted: SpeechFormat | None) -> None:
    assert wanted_sound(accept, SpeechFormat.PCM) is wanted


def test_sound_that_is_not_made_lists_what_is() -> None:
    with pytest.raises(ValidationError, match="audio/mpeg") as caught:
        wanted_sound("audio/aac, audio/webm", SpeechFormat.WAV)
    assert [error.path for error in caught.value.errors] == ["accept"]


def test_every_format_has_a_type_that_asks_for_it() -> None:
    for audio_format in SpeechFormat:
        media = sound_type(audio_format, 8000).partition(";")[0]
        assert wanted_sound(media, SpeechFormat.WAV) is audio_format
