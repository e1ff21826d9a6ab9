"""The rule-based synthesizer in its worker process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import numpy as np
import psutil
import pytest

from ai4v.adapters.espeak.synthesizer import EspeakSynthesizer
from ai4v.contracts.audio import Audio
from ai4v.contracts.capability import Tier
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SpokenPassage, SynthesizerUnavailableError
from tests.conformance.synthesizer import LONG_S, SynthesizerConformance, assert_is_speech
from tests.connected.adapters.espeak.sample import SENTENCES
from tests.support.poll import until

pytestmark = pytest.mark.connected

HINDI = SpokenPassage(SENTENCES["hi"], "hi", "espeak-hi")
ENGLISH = SpokenPassage(SENTENCES["en"], "en", "espeak-en")
_MOST_GROWTH = 2 * 1024**2


@pytest.fixture
async def cold() -> AsyncIterator[EspeakSynthesizer]:
    opened = EspeakSynthesizer()
    yield opened
    await opened.close()


@pytest.fixture
async def synthesizer(cold: EspeakSynthesizer) -> EspeakSynthesizer:
    await cold.load()
    return cold


async def _speak(synthesizer: EspeakSynthesizer, text: str, language: str = "en") -> Audio:
    passage = SpokenPassage(text, language, f"espeak-{language}")
    return await synthesizer.synthesize(passage, timeout_s=LONG_S)


def _has_library(pid: int) -> bool:
    return any("libespeak" in each.path for each in psutil.Process(pid).memory_maps())


class TestEspeakSynthesizer(SynthesizerConformance):
    @pytest.fixture
    def passages(self) -> tuple[SpokenPassage, ...]:
        return (
            SpokenPassage("नमस्ते, आज मौसम बहुत अच्छा है। हम बाहर जा रहे हैं।", "hi", "espeak-hi"),
            SpokenPassage(SENTENCES["en"], "en", "espeak-en-f"),
            SpokenPassage(SENTENCES["te"], "te", "espeak-te"),
        )


class TestLanguages:
    def test_every_language_has_a_sample(self, cold: EspeakSynthesizer) -> None:
        assert {offer.language for offer in cold.info.capabilities} == set(SENTENCES)

    @pytest.mark.parametrize("language", sorted(SENTENCES))
    async def test_speaks_in_both_voices(
        self, synthesizer: EspeakSynthesizer, language: str
    ) -> None:
        voices = [each for each in synthesizer.info.voices if language in each.languages]
        assert {voice.gender for voice in voices} == {Gender.MALE, Gender.FEMALE}
        for voice in voices:
            passage = SpokenPassage(SENTENCES[language], language, voice.voice_id)
            audio = await synthesizer.synthesize(passage, timeout_s=LONG_S)
            assert_is_speech(audio, passage)
            assert np.abs(audio.samples).max() < 0.99

    def test_only_konkani_is_approximate(self, cold: EspeakSynthesizer) -> None:
        approximate = [
            offer.language for offer in cold.info.capabilities if offer.tier is not Tier.RULE_BASED
        ]
        assert approximate == ["kok"]
        assert all(offer.note for offer in cold.info.capabilities)


class TestText:
    async def test_nothing_in_it_is_a_command(self, synthesizer: EspeakSynthesizer) -> None:
        silence = await _speak(synthesizer, "<break time='9s'/>")
        said = await _speak(synthesizer, "break time 9 s")
        assert abs(silence.duration_s - said.duration_s) < 1.5
        phonemes = await _speak(synthesizer, "[[h@l'oU w3:ld]]")
        letters = await _speak(synthesizer, "h@l'oU w3:ld")
        assert abs(phonemes.duration_s - letters.duration_s) < 0.2

    async def test_pictures_are_not_said(self, synthesizer: EspeakSynthesizer) -> None:
        assert len((await _speak(synthesizer, "🙂🎉")).samples) == 0
        with_picture = await _speak(synthesizer, "hello 🙂")
        without = await _speak(synthesizer, "hello")
        assert abs(with_picture.duration_s - without.duration_s) < 0.1

    @pytest.mark.parametrize(
        "text", ["a.", "क.", "..a", "अ", "_-ास", "'---कക ", "W ", "a\u0301", "字", "🙂 b"]
    )
    async def test_the_longest_passage_of_anything_is_spoken(
        self, synthesizer: EspeakSynthesizer, text: str
    ) -> None:
        limit = synthesizer.info.max_characters
        whole = (text * limit)[:limit]
        for language in ("en", "hi"):
            audio = await _speak(synthesizer, whole, language)
            assert np.isfinite(audio.samples).all()

    async def test_sound_that_would_never_end_is_refused(
        self, synthesizer: EspeakSynthesizer
    ) -> None:
        limit = synthesizer.info.max_characters
        passage = SpokenPassage("W!" * (limit // 2), "en", "espeak-en", speed=0.5)
        with pytest.raises(ValueError, match="600 s"):
            await synthesizer.synthesize(passage, timeout_s=LONG_S)
        assert_is_speech(await synthesizer.synthesize(HINDI, timeout_s=LONG_S), HINDI)

    async def test_clauses_are_apart_by_a_pause(self, synthesizer: EspeakSynthesizer) -> None:
        together = await _speak(synthesizer, "one two")
        apart = await _speak(synthesizer, "one. two")
        assert apart.duration_s > together.duration_s + 0.2


class TestWorker:
    async def test_a_killed_worker_fails_its_call_and_comes_back(
        self, synthesizer: EspeakSynthesizer
    ) -> None:
        pid = synthesizer.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        call = asyncio.create_task(synthesizer.synthesize(HINDI, timeout_s=LONG_S))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(SynthesizerUnavailableError):
            await call

        async def is_back() -> bool:
            try:
                await synthesizer.ping()
            except SynthesizerUnavailableError:
                return False
            return True

        await until(is_back)
        assert synthesizer.pid != pid
        assert_is_speech(await synthesizer.synthesize(HINDI, timeout_s=LONG_S), HINDI)

    async def test_memory_stays_flat(self, synthesizer: EspeakSynthesizer) -> None:
        assert synthesizer.pid is not None
        process = psutil.Process(synthesizer.pid)
        languages = sorted(SENTENCES)
        for language in languages:
            await _speak(synthesizer, SENTENCES[language], language)
        before = process.memory_full_info().uss
        for turn in range(200):
            language = languages[turn % len(languages)]
            await _speak(synthesizer, f"{SENTENCES[language]} {turn}", language)
        assert process.memory_full_info().uss - before < _MOST_GROWTH

    async def test_nothing_of_it_is_loaded_here(self, synthesizer: EspeakSynthesizer) -> None:
        await synthesizer.synthesize(ENGLISH, timeout_s=LONG_S)
        assert "espeakng_loader" not in sys.modules
        assert not _has_library(os.getpid())
        assert synthesizer.pid is not None
        assert _has_library(synthesizer.pid)
