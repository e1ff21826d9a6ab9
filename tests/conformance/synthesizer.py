"""What every synthesizer must do."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ai4v.contracts.audio import Audio
from ai4v.contracts.capability import Task, Tier
from ai4v.ports.synthesizer import (
    SpokenPassage,
    Synthesizer,
    SynthesizerDeadlineError,
    SynthesizerUnavailableError,
)

LONG_S = 120.0
_SOON_S = 1e-6
_AUDIBLE = 0.02
_SAME_S = 0.05
"""Engines whose voices waver do not make the same number of samples twice."""


def assert_is_speech(audio: Audio, passage: SpokenPassage) -> None:
    """Hold the sound to what speech of that text can be: heard, not clipped, of such a length."""
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert np.isfinite(audio.samples).all()
    assert _AUDIBLE < float(np.abs(audio.samples).max()) <= 1.0
    assert int((np.abs(audio.samples) >= 1.0).sum()) <= 1
    assert 3 <= len(passage.text) / (audio.duration_s * passage.speed) <= 30


class SynthesizerConformance:
    """Subclass it with the fixtures `cold` (not loaded) and `passages`.

    `passages` is three or more sentences in two languages or more, at speed 1, whose sounds differ
    by a tenth of a second or more.
    """

    @pytest.fixture
    async def synthesizer(self, cold: Synthesizer) -> Synthesizer:
        await cold.load()
        return cold

    async def test_says_what_it_can_before_it_is_loaded(self, cold: Synthesizer) -> None:
        info = cold.info
        assert info.rate_hz >= 8_000
        assert info.max_characters > 0
        ids = [voice.voice_id for voice in info.voices]
        assert len(set(ids)) == len(ids)
        spoken = {language for voice in info.voices for language in voice.languages}
        assert sorted(spoken) == sorted(offer.language for offer in info.capabilities)
        for offer in info.capabilities:
            assert (offer.task, offer.engine) == (Task.SYNTHESIZE, info.engine)
            assert offer.model_id == info.model_id
            assert offer.tier is not Tier.NONE

    async def test_does_nothing_before_it_is_loaded(
        self, cold: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        with pytest.raises(SynthesizerUnavailableError):
            await cold.ping()
        with pytest.raises(SynthesizerUnavailableError):
            await cold.synthesize(passages[0], timeout_s=LONG_S)

    async def test_loading_and_closing_again_changes_nothing(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        await synthesizer.load()
        await synthesizer.ping()
        await synthesizer.close()
        await synthesizer.close()
        with pytest.raises(SynthesizerUnavailableError):
            await synthesizer.ping()
        with pytest.raises(SynthesizerUnavailableError):
            await synthesizer.synthesize(passages[0], timeout_s=LONG_S)

    async def test_speaks_every_passage(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        for passage in passages:
            audio = await synthesizer.synthesize(passage, timeout_s=LONG_S)
            assert audio.rate_hz == synthesizer.info.rate_hz
            assert_is_speech(audio, passage)

    async def test_every_voice_of_a_language_speaks(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        passage = passages[0]
        voices = [voice for voice in synthesizer.info.voices if passage.language in voice.languages]
        assert passage.voice_id in {voice.voice_id for voice in voices}
        for voice in voices:
            asked = replace(passage, voice_id=voice.voice_id)
            assert_is_speech(await synthesizer.synthesize(asked, timeout_s=LONG_S), asked)

    async def test_a_passage_always_lasts_as_long(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        first = await synthesizer.synthesize(passages[0], timeout_s=LONG_S)
        await synthesizer.synthesize(passages[1], timeout_s=LONG_S)
        again = await synthesizer.synthesize(passages[0], timeout_s=LONG_S)
        assert again.duration_s == pytest.approx(first.duration_s, abs=_SAME_S)

    async def test_twice_the_speed_lasts_about_half_as_long(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        slow, normal, fast = [
            await synthesizer.synthesize(replace(passages[0], speed=speed), timeout_s=LONG_S)
            for speed in (0.5, 1.0, 2.0)
        ]
        assert 1.5 < slow.duration_s / normal.duration_s < 2.7
        assert 1.5 < normal.duration_s / fast.duration_s < 2.7

    @pytest.mark.parametrize("text", ["", "  \n\t ", "...", "।", "?! —", "\u200d\u200b"])
    async def test_text_without_anything_to_say_gives_no_samples(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage], text: str
    ) -> None:
        passage = replace(passages[0], text=text)
        audio = await synthesizer.synthesize(passage, timeout_s=LONG_S)
        assert audio.samples.shape == (0,)
        assert audio.rate_hz == synthesizer.info.rate_hz

    @pytest.mark.parametrize(
        "text", ["\0", "a\0b", "\x1b[31m", "\ue000\uf8ff", "\ufeff\u202e", "<break/>", "a" * 300]
    )
    async def test_strange_text_leaves_it_usable(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage], text: str
    ) -> None:
        strange = replace(passages[0], text=text)
        audio = await synthesizer.synthesize(strange, timeout_s=LONG_S)
        assert np.isfinite(audio.samples).all()
        assert np.abs(audio.samples).max(initial=0.0) <= 1.0
        after = await synthesizer.synthesize(passages[0], timeout_s=LONG_S)
        assert_is_speech(after, passages[0])

    @pytest.mark.parametrize("speed", [0.49, 2.01, 0.0, -1.0, float("nan"), float("inf")])
    async def test_a_wrong_speed_is_refused(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage], speed: float
    ) -> None:
        with pytest.raises(ValueError, match="speed"):
            await synthesizer.synthesize(replace(passages[0], speed=speed), timeout_s=LONG_S)

    async def test_what_it_does_not_declare_is_refused(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        passage = passages[0]
        other = next(each.language for each in passages if each.language != passage.language)
        wrongs = (
            replace(passage, language="xx"),
            replace(passage, language=other),
            replace(passage, voice_id="nobody"),
            replace(passage, text="a" * (synthesizer.info.max_characters + 1)),
        )
        for wrong in wrongs:
            with pytest.raises(ValueError, match=r"\w"):
                await synthesizer.synthesize(wrong, timeout_s=LONG_S)

    async def test_concurrent_calls_get_their_own_sound(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        alone = [await synthesizer.synthesize(each, timeout_s=LONG_S) for each in passages]
        together = await asyncio.gather(
            *(synthesizer.synthesize(each, timeout_s=LONG_S) for each in passages)
        )
        lengths = [audio.duration_s for audio in alone]
        assert [audio.duration_s for audio in together] == pytest.approx(lengths, abs=_SAME_S)
        ordered = sorted(lengths)
        assert min(np.diff(ordered)) > 2 * _SAME_S

    async def test_a_deadline_that_passes_is_told_and_harms_nobody(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        patient = asyncio.create_task(synthesizer.synthesize(passages[0], timeout_s=LONG_S))
        with pytest.raises(SynthesizerDeadlineError):
            await synthesizer.synthesize(passages[1], timeout_s=_SOON_S)
        assert_is_speech(await patient, passages[0])
        assert_is_speech(await synthesizer.synthesize(passages[1], timeout_s=LONG_S), passages[1])

    async def test_cancelling_one_caller_harms_no_other(
        self, synthesizer: Synthesizer, passages: Sequence[SpokenPassage]
    ) -> None:
        calls = [
            asyncio.create_task(synthesizer.synthesize(each, timeout_s=LONG_S)) for each in passages
        ]
        await asyncio.sleep(0)
        calls[0].cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        for passage, audio in zip(passages[1:], done[1:], strict=True):
            assert isinstance(audio, Audio)
            assert_is_speech(audio, passage)
