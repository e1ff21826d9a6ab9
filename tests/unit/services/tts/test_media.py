import pytest

from ai4v.contracts.error import ValidationError
from ai4v.contracts.tts import SpeechFormat
from ai4v.services.tts.media import sound_type, streamed_format, wanted_sound


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


_WAV, _PCM = SpeechFormat.WAV, SpeechFormat.PCM


@pytest.mark.parametrize(
    ("accept", "asked", "streamed"),
    [
        ("", None, _WAV),
        ("*/*", None, _WAV),
        ("*/*", _PCM, _PCM),
        ("audio/*", _PCM, _PCM),
        ("audio/pcm", None, _PCM),
        ("audio/x-wav", _WAV, _WAV),
        ("audio/mpeg, audio/pcm;q=0.5", None, _PCM),
        ("application/json, */*;q=0.1", None, _WAV),
        ("audio/pcm, audio/wav;q=0.5", _WAV, _WAV),
    ],
)
def test_format_of_a_stream(
    accept: str, asked: SpeechFormat | None, streamed: SpeechFormat
) -> None:
    assert streamed_format(accept, asked) is streamed


@pytest.mark.parametrize(
    ("accept", "asked", "path", "possible"),
    [
        ("", SpeechFormat.MP3, "config.audioFormat", "wav or pcm"),
        ("audio/mpeg", SpeechFormat.MP3, "config.audioFormat", "wav or pcm"),
        ("audio/pcm", _WAV, "config.audioFormat", "the same"),
        ("audio/ogg", None, "accept", "audio/wav or audio/pcm"),
        ("application/json", None, "accept", "audio/wav or audio/pcm"),
        ("application/json", _WAV, "accept", "audio/wav or audio/pcm"),
    ],
)
def test_what_cannot_be_streamed_lists_what_can(
    accept: str, asked: SpeechFormat | None, path: str, possible: str
) -> None:
    with pytest.raises(ValidationError, match=possible) as caught:
        streamed_format(accept, asked)
    assert [error.path for error in caught.value.errors] == [path]
