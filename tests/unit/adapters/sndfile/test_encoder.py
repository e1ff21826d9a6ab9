import numpy as np
import pytest

from ai4v.adapters.sndfile.encoder import encode, nearest_rate_hz
from ai4v.adapters.sndfile.oggpage import pages
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.audiokind import AudioKind, identify
from tests.conformance.audiocodec import voice

VOICE = voice(1.0, 24_000)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (SpeechFormat.WAV, AudioKind.WAV),
        (SpeechFormat.MP3, AudioKind.MP3),
        (SpeechFormat.OGG, AudioKind.OGG),
        (SpeechFormat.FLAC, AudioKind.FLAC),
        (SpeechFormat.PCM, None),
    ],
)
def test_each_kind_is_what_it_says(kind: SpeechFormat, found: AudioKind | None) -> None:
    content, _ = encode(VOICE, 24_000, kind, 24_000)
    assert identify(memoryview(content)) is found


def test_an_ogg_is_one_sound_stream_of_vorbis_with_a_fixed_number() -> None:
    content, _ = encode(VOICE, 24_000, SpeechFormat.OGG, 24_000)
    found = list(pages(memoryview(content)))
    assert bytes(found[0].body[:7]) == b"\x01vorbis"
    assert {page.serial for page in found} == {1}
    assert all(page.is_sound for page in found)


@pytest.mark.parametrize(
    ("wanted_hz", "taken_hz"),
    [(8_000, 8_000), (9_000, 8_000), (11_111, 11_025), (30_000, 32_000), (47_000, 48_000)],
)
def test_mp3_takes_the_nearest_of_its_rates(wanted_hz: int, taken_hz: int) -> None:
    assert nearest_rate_hz(SpeechFormat.MP3, wanted_hz) == taken_hz
    assert nearest_rate_hz(SpeechFormat.OGG, wanted_hz) == wanted_hz


@pytest.mark.parametrize("kind", [SpeechFormat.OGG, SpeechFormat.FLAC])
def test_any_rate_within_bounds_can_be_written(kind: SpeechFormat) -> None:
    for rate_hz in range(8_000, 48_001, 1_777):
        content, taken_hz = encode(VOICE[:2_400], 24_000, kind, rate_hz)
        assert content
        assert taken_hz == rate_hz


def test_blocks_join_without_a_seam() -> None:
    content, _ = encode(voice(6.0, 24_000), 24_000, SpeechFormat.PCM, 16_000)
    samples = np.frombuffer(content, "<i2") / 32_767
    assert np.abs(samples - voice(6.0, 16_000)).max() < 0.002
