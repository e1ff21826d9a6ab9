import numpy as np
import pytest

from ai4v.adapters.sndfile.encoder import encode
from ai4v.contracts.audio import Samples
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.riff import read_wav
from ai4v.services.tts.pcm import PcmPacker, wav_head

_SOURCE_HZ = 24_000


def _tone(seconds: float = 1.0) -> Samples:
    times = np.arange(round(seconds * _SOURCE_HZ)) / _SOURCE_HZ
    return (0.5 * np.sin(2 * np.pi * 300 * times)).astype(np.float32)


def _pack(parts: list[Samples], rate_hz: int) -> bytes:
    packer = PcmPacker(source_hz=_SOURCE_HZ, rate_hz=rate_hz)
    last = len(parts) - 1
    return b"".join(packer.pack(part, is_last=index == last) for index, part in enumerate(parts))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("cuts", [[], [100, 7_001], [9_000, 9_000, 24_000]])
def test_parts_sound_like_the_file_of_the_whole(rate_hz: int, cuts: list[int]) -> None:
    tone = _tone()
    packed = np.frombuffer(_pack(np.split(tone, cuts), rate_hz), "<i2").astype(int)
    whole, _ = encode(tone, _SOURCE_HZ, SpeechFormat.PCM, rate_hz)
    expected = np.frombuffer(whole, "<i2").astype(int)
    assert len(packed) == len(expected) == rate_hz
    assert np.abs(packed - expected).max() <= 1


def test_what_is_too_loud_is_clipped_and_not_wrapped() -> None:
    packed = _pack([np.array([1.5, -1.5, 0.0], np.float32)], _SOURCE_HZ)
    assert np.frombuffer(packed, "<i2").tolist() == [32_767, -32_767, 0]


def test_head_is_that_of_a_wav_read_to_its_end() -> None:
    head = wav_head(22_050)
    assert head[4:8] == head[40:44] == b"\xff\xff\xff\xff"
    wav = read_wav(memoryview(head + b"\1\0\2\0"))
    assert (wav.rate_hz, wav.channels, wav.encoding) == (22_050, 1, "s16le")
    assert bytes(wav.data) == b"\1\0\2\0"
