"""What every audio codec must do."""

import asyncio
from typing import ClassVar

import numpy as np
import pytest

from ai4v.contracts.audio import Audio, Samples
from ai4v.contracts.error import PlatformError
from ai4v.contracts.tts import SpeechFormat
from ai4v.ports.audiocodec import (
    AudioCodec,
    AudioFormatError,
    AudioTooLongError,
    EncodedAudio,
    InvalidAudioError,
    RawFormat,
)
from tests.support.hostile_audio import LIMIT_S, hostile_audio
from tests.support.sound import (
    FORMATS,
    TONE_HZ,
    TONE_LEVEL,
    Format,
    encode,
    frequency_hz,
    pcm16,
    tone,
    wav,
)

_RATE_HZ = 16_000
_VOICE_HZ = 24_000
_SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")


def voice(seconds: float, rate_hz: int) -> Samples:
    """Syllables of three harmonics, the same at every rate; shape [n]."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    waves = sum(np.sin(2 * np.pi * 210.0 * at * times) / at for at in (1, 3, 5))
    return np.asarray(0.4 * np.abs(np.sin(2 * np.pi * 2.3 * times)) * waves, np.float32)


class AudioCodecConformance:
    """Subclass it with the fixture `codec`, and say what it lacks."""

    formats: ClassVar[frozenset[str]] = frozenset(FORMATS)
    """Those of `tests.support.sound.FORMATS` that it takes; others it must call unsupported."""
    lacks_subtypes: ClassVar[frozenset[str]] = frozenset()
    """Encodings of wav that it does not take and must call unsupported."""

    async def _decode(self, codec: AudioCodec, content: bytes, limit_s: float = 60.0) -> Samples:
        audio = await codec.decode(content, rate_hz=_RATE_HZ, max_duration_s=limit_s)
        assert audio.rate_hz == _RATE_HZ
        assert audio.samples.dtype == np.float32
        assert audio.samples.ndim == 1
        assert np.isfinite(audio.samples).all()
        assert np.abs(audio.samples).max() <= 1.0
        return audio.samples

    @pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
    @pytest.mark.parametrize("channels", [1, 2])
    @pytest.mark.parametrize("kind", FORMATS)
    async def test_reads_every_format(
        self, codec: AudioCodec, kind: Format, channels: int, rate_hz: int
    ) -> None:
        content = encode(tone(1.0, rate_hz, channels), rate_hz, kind)
        if kind not in self.formats:
            with pytest.raises(AudioFormatError):
                await self._decode(codec, content)
            return
        samples = await self._decode(codec, content)
        assert len(samples) == pytest.approx(_RATE_HZ, abs=_RATE_HZ * 0.1)
        assert frequency_hz(samples, _RATE_HZ) == pytest.approx(TONE_HZ, abs=2)
        middle = samples[len(samples) // 4 : -len(samples) // 4]
        assert np.sqrt(np.mean(middle**2)) == pytest.approx(TONE_LEVEL / np.sqrt(2), rel=0.05)

    @pytest.mark.parametrize("subtype", _SUBTYPES)
    async def test_reads_every_encoding_of_wav(self, codec: AudioCodec, subtype: str) -> None:
        content = encode(tone(0.5), _RATE_HZ, "wav", subtype)
        if subtype in self.lacks_subtypes:
            with pytest.raises(AudioFormatError):
                await self._decode(codec, content)
            return
        samples = await self._decode(codec, content)
        assert np.abs(samples - tone(0.5)[:, 0]).max() < 0.02

    @pytest.mark.parametrize("channels", [3, 6, 8])
    async def test_reads_the_extensible_header(self, codec: AudioCodec, channels: int) -> None:
        content = encode(tone(0.5, _RATE_HZ, channels), _RATE_HZ, "wavex")
        samples = await self._decode(codec, content)
        assert np.abs(samples - tone(0.5)[:, 0]).max() < 0.001

    @pytest.mark.parametrize("rate_hz", [4_000, 11_025, 22_050, 44_100, 96_000, 192_000, 384_000])
    async def test_takes_any_sane_rate(self, codec: AudioCodec, rate_hz: int) -> None:
        samples = await self._decode(codec, encode(tone(0.5, rate_hz), rate_hz))
        assert len(samples) == pytest.approx(_RATE_HZ / 2, abs=2)
        assert frequency_hz(samples, _RATE_HZ) == pytest.approx(TONE_HZ, abs=3)

    async def test_channels_are_averaged(self, codec: AudioCodec) -> None:
        both = np.stack([tone(0.5)[:, 0], np.zeros(_RATE_HZ // 2, np.float32)], axis=1)
        samples = await self._decode(codec, encode(both, _RATE_HZ))
        assert np.abs(samples - tone(0.5)[:, 0] / 2).max() < 0.001

    async def test_equal_samples_pass_untouched(self, codec: AudioCodec) -> None:
        exact = (np.arange(-1_000, 1_000) / 32_768).astype(np.float32)
        content = wav((exact * 32_768).astype("<i2").tobytes())
        assert np.array_equal(await self._decode(codec, content), exact)

    async def test_what_is_louder_than_full_scale_is_clipped(self, codec: AudioCodec) -> None:
        loud = np.array([0.5, 3.0, -3.0, 3.4e38, -3.4e38, 1.0] * 300, "<f4")
        for rate_hz in (_RATE_HZ, 44_100):
            for channels in (1, 2):
                content = wav(loud.tobytes(), rate_hz=rate_hz, channels=channels, bits=32, tag=3)
                assert np.abs(await self._decode(codec, content)).max() > 0.4

    @pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
    async def test_a_streaming_header_is_read_to_the_end(
        self, codec: AudioCodec, size: int
    ) -> None:
        content = wav(pcm16(tone(0.5)), data_size=size)
        assert len(await self._decode(codec, content)) == _RATE_HZ // 2
        assert len(await self._decode(codec, content + b"\x00")) == _RATE_HZ // 2

    async def test_chunks_around_the_samples_are_passed_over(self, codec: AudioCodec) -> None:
        plain = wav(pcm16(tone(0.5)))
        note = b"LIST\x05\x00\x00\x00INFOx\x00"
        samples = await self._decode(codec, plain[:12] + note + plain[12:] + note)
        assert len(samples) == _RATE_HZ // 2

    async def test_bare_samples(self, codec: AudioCodec) -> None:
        floats = tone(0.5)[:, 0]
        for encoding, content in (("s16le", pcm16(tone(0.5))), ("f32le", floats.tobytes())):
            audio = await codec.decode(
                content, rate_hz=8_000, max_duration_s=1.0, raw=RawFormat(_RATE_HZ, encoding)
            )
            assert len(audio.samples) == pytest.approx(4_000, abs=2)
            assert frequency_hz(audio.samples, 8_000) == pytest.approx(TONE_HZ, abs=3)

    async def test_bare_samples_that_are_none_or_cut_off(self, codec: AudioCodec) -> None:
        nan = np.full(100, np.nan, "<f4").tobytes()
        for content, raw in (
            (b"", RawFormat(_RATE_HZ)),
            (b"x", RawFormat(_RATE_HZ)),
            (bytes(101), RawFormat(_RATE_HZ)),
            (bytes(102), RawFormat(_RATE_HZ, "f32le")),
            (nan, RawFormat(_RATE_HZ, "f32le")),
            (bytes(100), RawFormat(1)),
        ):
            with pytest.raises(InvalidAudioError):
                await codec.decode(content, rate_hz=_RATE_HZ, max_duration_s=1.0, raw=raw)
        with pytest.raises(AudioFormatError):
            await codec.decode(
                bytes(100), rate_hz=_RATE_HZ, max_duration_s=1.0, raw=RawFormat(_RATE_HZ, "s24be")
            )

    async def test_the_limit_is_exact(self, codec: AudioCodec) -> None:
        content = encode(tone(2.0), _RATE_HZ)
        assert len(await self._decode(codec, content, limit_s=2.0)) == 2 * _RATE_HZ
        with pytest.raises(AudioTooLongError) as refusal:
            await self._decode(codec, content, limit_s=1.999)
        assert refusal.value.status == 413
        assert "1.999" in refusal.value.message

    @pytest.mark.parametrize("name", [case.name for case in hostile_audio()])
    async def test_refuses_hostile_bytes(self, codec: AudioCodec, name: str) -> None:
        case = next(case for case in hostile_audio() if case.name == name)
        codes = {case.code}
        if case.format not in {"none", "wav"} and case.format not in self.formats:
            codes.add(AudioFormatError.code)
        with pytest.raises(PlatformError) as refusal:
            await self._decode(codec, case.content, limit_s=LIMIT_S)
        assert refusal.value.code in codes
        if refusal.value.code == AudioFormatError.code:
            assert "taken" in refusal.value.message

    async def test_concurrent_calls_do_not_mix(self, codec: AudioCodec) -> None:
        lengths = [0.1 * number for number in range(1, 9)]
        contents = [encode(tone(length), _RATE_HZ) for length in lengths]
        decoded = await asyncio.gather(*(self._decode(codec, content) for content in contents))
        assert [len(samples) for samples in decoded] == [int(at * _RATE_HZ) for at in lengths]

    async def _round_trip(self, codec: AudioCodec, encoded: EncodedAudio, kind: str) -> Samples:
        raw = RawFormat(encoded.rate_hz) if kind == SpeechFormat.PCM else None
        audio = await codec.decode(
            encoded.content, rate_hz=_RATE_HZ, max_duration_s=1_000.0, raw=raw
        )
        return audio.samples

    @pytest.mark.parametrize("rate_hz", [8_000, 11_111, 16_000, 22_050, 24_000, 44_100, 48_000])
    @pytest.mark.parametrize("kind", SpeechFormat)
    async def test_what_it_writes_it_reads(
        self, codec: AudioCodec, kind: SpeechFormat, rate_hz: int
    ) -> None:
        spoken = Audio(voice(1.0, _VOICE_HZ), _VOICE_HZ)
        encoded = await codec.encode(spoken, kind=kind, rate_hz=rate_hz)
        nearest = {11_025, 11_111} if kind is SpeechFormat.MP3 else {11_111}
        assert encoded.rate_hz in (nearest if rate_hz == 11_111 else {rate_hz})
        samples, wanted = await self._round_trip(codec, encoded, kind), voice(1.0, _RATE_HZ)
        assert len(samples) == pytest.approx(len(wanted), abs=0.05 * _RATE_HZ)
        shared = min(len(samples), len(wanted))
        likeness = np.corrcoef(samples[:shared], wanted[:shared])[0, 1]
        assert likeness > 0.99
        assert np.std(samples) == pytest.approx(np.std(wanted), rel=0.03)

    @pytest.mark.parametrize("kind", SpeechFormat)
    async def test_sound_of_any_rate_is_written(
        self, codec: AudioCodec, kind: SpeechFormat
    ) -> None:
        for rate_hz in (8_000, 16_000, 22_050, 48_000):
            spoken = Audio(voice(0.5, rate_hz), rate_hz)
            encoded = await codec.encode(spoken, kind=kind, rate_hz=24_000)
            samples = await self._round_trip(codec, encoded, kind)
            assert len(samples) == pytest.approx(_RATE_HZ / 2, abs=0.05 * _RATE_HZ)

    async def test_each_packing_and_rate_is_another_file_and_always_the_same(
        self, codec: AudioCodec
    ) -> None:
        spoken = Audio(voice(0.5, _VOICE_HZ), _VOICE_HZ)
        wanted = [(kind, rate_hz) for kind in SpeechFormat for rate_hz in (16_000, 24_000)]
        once = [(await codec.encode(spoken, kind=kind, rate_hz=hz)).content for kind, hz in wanted]
        again = [(await codec.encode(spoken, kind=kind, rate_hz=hz)).content for kind, hz in wanted]
        assert once == again
        assert len(set(once)) == len(wanted)

    async def test_a_wav_is_44_bytes_and_the_samples_rounded(self, codec: AudioCodec) -> None:
        spoken = Audio(voice(0.5, _VOICE_HZ), _VOICE_HZ)
        rounded = np.rint(spoken.samples * 32_767).astype("<i2").tobytes()
        packed = await codec.encode(spoken, kind=SpeechFormat.WAV, rate_hz=_VOICE_HZ)
        assert packed == EncodedAudio(wav(rounded, rate_hz=_VOICE_HZ), _VOICE_HZ)
        bare = await codec.encode(spoken, kind=SpeechFormat.PCM, rate_hz=_VOICE_HZ)
        assert bare == EncodedAudio(rounded, _VOICE_HZ)

    async def test_only_what_is_louder_than_full_scale_is_clipped(self, codec: AudioCodec) -> None:
        loud = np.array([1.0, -1.0, 0.5, 1.5, -7.0, 0.0], np.float32)
        encoded = await codec.encode(Audio(loud, _RATE_HZ), kind=SpeechFormat.PCM, rate_hz=_RATE_HZ)
        written = np.frombuffer(encoded.content, "<i2").tolist()
        assert written == [32_767, -32_767, 16_384, 32_767, -32_767, 0]

    @pytest.mark.parametrize("kind", SpeechFormat)
    async def test_nothing_to_write_is_refused(self, codec: AudioCodec, kind: SpeechFormat) -> None:
        for count in (0, 1):
            spoken = Audio(np.full(count, 0.5, np.float32), 48_000)
            with pytest.raises(ValueError, match="no samples"):
                await codec.encode(spoken, kind=kind, rate_hz=8_000)

    @pytest.mark.parametrize("rate_hz", [-1, 0, 7_999, 48_001, 2**40])
    async def test_a_rate_out_of_bounds_is_refused(self, codec: AudioCodec, rate_hz: int) -> None:
        spoken = Audio(voice(0.1, _VOICE_HZ), _VOICE_HZ)
        for kind in SpeechFormat:
            with pytest.raises(ValueError, match="8000 to 48000"):
                await codec.encode(spoken, kind=kind, rate_hz=rate_hz)
