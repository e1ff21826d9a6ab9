"""Kokoro in its worker process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence

import numpy as np
import psutil
import pytest

from ai4v.adapters.espeak.phonemizer import EspeakPhonemizer
from ai4v.adapters.kokoro.synthesizer import KokoroOptions, KokoroSynthesizer
from ai4v.contracts.audio import Audio
from ai4v.ports.synthesizer import SpokenPassage, SynthesizerUnavailableError
from tests.conformance.synthesizer import LONG_S, SynthesizerConformance, assert_is_speech
from tests.support.poll import until
from tests.support.speech_corpus import MODEL_DIR

pytestmark = pytest.mark.connected

_QUEUE = 3
_GROWN_BYTES = 25 * 1024**2
_MOST_BYTES = 300 * 1024**2
_EDGE = 48
"""Samples, 2 ms."""
_FAINT = 0.01
_CLAUSE = "the river is high today"


def _english(text: str, voice_id: str = "af_heart", speed: float = 1.0) -> SpokenPassage:
    return SpokenPassage(text, "en", voice_id, speed)


def _long(clauses: int) -> SpokenPassage:
    """A sentence that is cut into segments; twice as fast, to be done sooner."""
    return _english(", ".join([_CLAUSE] * clauses) + ".", speed=2.0)


def _pss(synthesizer: KokoroSynthesizer) -> int:
    assert synthesizer.pid is not None
    return int(psutil.Process(synthesizer.pid).memory_full_info().pss)


@pytest.fixture
async def cold() -> AsyncIterator[KokoroSynthesizer]:
    opened = KokoroSynthesizer(
        MODEL_DIR / "kokoro-82m", EspeakPhonemizer(), KokoroOptions(queue_limit=_QUEUE)
    )
    yield opened
    await opened.close()


@pytest.fixture
def passages() -> Sequence[SpokenPassage]:
    return (
        SpokenPassage("आप कैसे हैं?", "hi", "hf_alpha"),
        _english("Good morning."),
        _english("It is late, good night.", "bm_george"),
    )


class TestKokoroSynthesizer(SynthesizerConformance):
    async def test_every_english_voice_speaks(self, synthesizer: KokoroSynthesizer) -> None:
        sounds = {}
        for voice in synthesizer.info.voices:
            if voice.languages == ("en",):
                passage = _english("Good morning.", voice.voice_id)
                audio = await synthesizer.synthesize(passage, timeout_s=LONG_S)
                assert_is_speech(audio, passage)
                sounds[voice.voice_id] = audio.samples.tobytes()
        assert len(sounds) == len(set(sounds.values())) == 8

    async def test_segments_are_joined_without_clicks_and_let_others_in_between(
        self, synthesizer: KokoroSynthesizer
    ) -> None:
        long = _long(10)
        slow = asyncio.create_task(synthesizer.synthesize(long, timeout_s=LONG_S))
        await until(lambda: _is_busy(synthesizer))
        short = _english("Yes.")
        await synthesizer.synthesize(short, timeout_s=LONG_S)
        assert not slow.done()
        audio = await slow
        assert_is_speech(audio, long)
        (pause,) = _pauses(audio)
        assert (pause.stop - pause.start) / audio.rate_hz == pytest.approx(0.06, abs=0.005)
        for edge in (pause.start, pause.stop):
            assert np.abs(audio.samples[edge - _EDGE : edge + _EDGE]).max() < _FAINT

    async def test_dies_with_its_call_and_comes_back(self, synthesizer: KokoroSynthesizer) -> None:
        passage = _english("Good morning.")
        before = await synthesizer.synthesize(passage, timeout_s=LONG_S)
        pid = synthesizer.pid
        assert pid is not None
        call = asyncio.create_task(synthesizer.synthesize(_long(10), timeout_s=LONG_S))
        await until(lambda: _is_busy(synthesizer))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(SynthesizerUnavailableError):
            await call
        await until(lambda: _answers(synthesizer))
        assert synthesizer.pid != pid
        after = await synthesizer.synthesize(passage, timeout_s=LONG_S)
        assert len(after.samples) == len(before.samples)

    async def test_a_full_queue_refuses_and_the_others_are_served(
        self, synthesizer: KokoroSynthesizer
    ) -> None:
        passage = _english("Good morning.")
        calls = [synthesizer.synthesize(passage, timeout_s=LONG_S) for _ in range(_QUEUE + 5)]
        done = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in done if isinstance(each, SynthesizerUnavailableError)]
        served = [each for each in done if isinstance(each, Audio)]
        assert refused
        assert len(served) >= _QUEUE
        assert len(refused) + len(served) == len(calls)
        assert len({len(audio.samples) for audio in served}) == 1

    async def test_memory_is_given_back(self, synthesizer: KokoroSynthesizer) -> None:
        await synthesizer.synthesize(_english("Good morning."), timeout_s=LONG_S)
        warm = grown = _pss(synthesizer)
        for clauses in (1, 3, 4, 6):
            await synthesizer.synthesize(_long(clauses), timeout_s=LONG_S)
            grown = max(grown, _pss(synthesizer))
        assert grown < warm + _GROWN_BYTES
        assert grown < _MOST_BYTES


async def _is_busy(synthesizer: KokoroSynthesizer) -> bool:
    return synthesizer._worker.is_busy


async def _answers(synthesizer: KokoroSynthesizer) -> bool:
    try:
        await synthesizer.ping()
    except SynthesizerUnavailableError:
        return False
    return True


def _pauses(audio: Audio) -> list[range]:
    """Where there is nothing at all for 20 ms or more."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], audio.samples == 0.0, [False]])))
    runs = [range(start, end) for start, end in edges.reshape(-1, 2).tolist()]
    return [run for run in runs if len(run) >= audio.rate_hz // 50]
