"""What every voice activity detector must do."""

import asyncio
from functools import cache

import numpy as np
import pytest

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.voiceactivity import SpeechSpan, VoiceActivityDetector
from tests.support.speech import scene

_EDGE_S = 0.5
"""How far an edge may be from where speech begins or ends."""


@cache
def two_utterances() -> Audio:
    """Speech from 1 to 3 s and from 5 to 6.5 s of 7.5 s."""
    return scene(
        ("silence", 1.0), ("babble", 2.0), ("silence", 2.0), ("babble", 1.5), ("silence", 1.0)
    )


@cache
def speech_throughout() -> Audio:
    """Speech that begins at once and is cut off, not a whole number of frames."""
    whole = scene(("babble", 2.0)).samples
    return Audio(whole[: 2 * SPEECH_RATE_HZ - 77], SPEECH_RATE_HZ)


class VoiceActivityConformance:
    """Subclass it with the fixture `detector`."""

    @pytest.mark.parametrize("count", [1, 100, 511, 512, 513, 5 * SPEECH_RATE_HZ])
    async def test_silence_holds_no_speech(
        self, detector: VoiceActivityDetector, count: int
    ) -> None:
        assert await detector.detect(Audio(np.zeros(count, np.float32), SPEECH_RATE_HZ)) == ()

    async def test_no_samples_hold_no_speech(self, detector: VoiceActivityDetector) -> None:
        assert await detector.detect(Audio(np.zeros(0, np.float32), SPEECH_RATE_HZ)) == ()

    async def test_finds_each_utterance(self, detector: VoiceActivityDetector) -> None:
        first, second = await detector.detect(two_utterances())
        assert first.start_s == pytest.approx(1.0, abs=_EDGE_S)
        assert first.end_s == pytest.approx(3.0, abs=_EDGE_S)
        assert second.start_s == pytest.approx(5.0, abs=_EDGE_S)
        assert second.end_s == pytest.approx(6.5, abs=_EDGE_S)

    async def test_spans_are_ordered_apart_and_inside(
        self, detector: VoiceActivityDetector
    ) -> None:
        for audio in (two_utterances(), speech_throughout()):
            spans = await detector.detect(audio)
            assert spans
            edges = [edge for span in spans for edge in (span.start_s, span.end_s)]
            assert edges == sorted(set(edges))
            assert edges[0] >= 0
            assert edges[-1] <= audio.duration_s

    async def test_speech_at_the_very_edges_is_kept(self, detector: VoiceActivityDetector) -> None:
        audio = speech_throughout()
        spans = await detector.detect(audio)
        assert spans[0].start_s <= _EDGE_S
        assert spans[-1].end_s >= audio.duration_s - _EDGE_S

    async def test_the_same_sound_gives_the_same_spans(
        self, detector: VoiceActivityDetector
    ) -> None:
        before = await detector.detect(two_utterances())
        await detector.detect(speech_throughout())
        assert await detector.detect(two_utterances()) == before

    async def test_concurrent_calls_do_not_mix(self, detector: VoiceActivityDetector) -> None:
        quiet = Audio(np.zeros(SPEECH_RATE_HZ, np.float32), SPEECH_RATE_HZ)
        alone = [await detector.detect(audio) for audio in (two_utterances(), quiet)]
        audios = [two_utterances(), quiet] * 3
        assert await asyncio.gather(*map(detector.detect, audios)) == alone * 3

    async def test_the_sound_is_left_as_it_is(self, detector: VoiceActivityDetector) -> None:
        samples = two_utterances().samples.copy()
        samples.flags.writeable = False
        spans = await detector.detect(Audio(samples, SPEECH_RATE_HZ))
        assert isinstance(spans[0], SpeechSpan)
        assert np.array_equal(samples, two_utterances().samples)

    async def test_another_rate_is_an_error(self, detector: VoiceActivityDetector) -> None:
        with pytest.raises(ValueError, match="8000"):
            await detector.detect(Audio(np.zeros(8_000, np.float32), 8_000))
