import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from ai4v.adapters.sndfile.codec import SndfileCodec, SndfileOptions
from ai4v.contracts.audio import Audio
from ai4v.contracts.tts import SpeechFormat
from ai4v.ports.audiocodec import AudioCodec, AudioCodecUnavailableError, RawFormat
from tests.conformance.audiocodec import AudioCodecConformance, voice
from tests.support.sound import encode, tone

pytestmark = pytest.mark.connected

WAV = encode(tone(0.5), 16_000)


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def started() -> AsyncIterator[SndfileCodec]:
    codec = SndfileCodec()
    await codec.start()
    yield codec
    await codec.close()


@pytest.mark.asyncio(loop_scope="class")
class TestSndfileCodec(AudioCodecConformance):
    @pytest.fixture
    def codec(self, started: SndfileCodec) -> AudioCodec:
        return started

    @pytest.mark.parametrize("kind", SpeechFormat)
    async def test_seven_minutes_fit(self, codec: AudioCodec, kind: SpeechFormat) -> None:
        spoken = Audio(voice(420.0, 24_000), 24_000)
        encoded = await codec.encode(spoken, kind=kind, rate_hz=24_000)
        raw = RawFormat(24_000) if kind is SpeechFormat.PCM else None
        audio = await codec.decode(encoded.content, rate_hz=24_000, max_duration_s=421.0, raw=raw)
        assert audio.duration_s == pytest.approx(420.0, abs=0.05)


class TestWorker:
    async def test_a_killed_decoder_fails_its_call_and_comes_back(self) -> None:
        codec = SndfileCodec()
        await codec.start()
        assert codec.pid is not None
        os.kill(codec.pid, signal.SIGSTOP)
        decoding = asyncio.create_task(codec.decode(WAV, rate_hz=16_000, max_duration_s=1.0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.kill(codec.pid, signal.SIGKILL)
        with pytest.raises(AudioCodecUnavailableError) as failure:
            await decoding
        assert failure.value.status == 503
        audio = await codec.decode(WAV, rate_hz=16_000, max_duration_s=1.0)
        assert len(audio.samples) == 8_000
        await codec.ping()
        await codec.close()
        assert codec.pid is None

    async def test_a_killed_encoder_fails_its_call_and_comes_back(self) -> None:
        codec = SndfileCodec()
        await codec.start()
        assert codec.pid is not None
        os.kill(codec.pid, signal.SIGSTOP)
        spoken = Audio(voice(0.5, 24_000), 24_000)
        encoding = asyncio.create_task(codec.encode(spoken, kind=SpeechFormat.WAV, rate_hz=24_000))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.kill(codec.pid, signal.SIGKILL)
        with pytest.raises(AudioCodecUnavailableError, match="encoded"):
            await encoding
        encoded = await codec.encode(spoken, kind=SpeechFormat.WAV, rate_hz=24_000)
        assert len(encoded.content) == 44 + 24_000
        await codec.close()

    async def test_a_decoder_that_hangs_is_given_up(self) -> None:
        codec = SndfileCodec(SndfileOptions(timeout_s=0.1))
        await codec.start()
        assert codec.pid is not None
        os.kill(codec.pid, signal.SIGSTOP)
        with pytest.raises(AudioCodecUnavailableError):
            await codec.decode(WAV, rate_hz=16_000, max_duration_s=1.0)
        await codec.close()

    async def test_its_memory_is_bounded(self) -> None:
        codec = SndfileCodec(SndfileOptions(memory_bytes=700 * 1024**2))
        await codec.start()
        assert codec.pid is not None
        assert psutil.Process(codec.pid).memory_info().vms < 700 * 1024**2
        with pytest.raises(AudioCodecUnavailableError):
            await codec.decode(bytes(800 * 1024**2), rate_hz=16_000, max_duration_s=1.0)
        await codec.close()
