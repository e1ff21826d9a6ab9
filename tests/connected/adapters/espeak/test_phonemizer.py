"""The phonemizer in its worker process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from ai4v.adapters.espeak.phonemizer import EspeakPhonemizer
from ai4v.ports.phonemizer import PhonemizerUnavailableError
from tests.conformance.phonemizer import LONG_S, PhonemizerConformance, Words
from tests.connected.adapters.espeak.sample import SENTENCES

pytestmark = pytest.mark.connected

_MOST_GROWTH = 2 * 1024**2


@pytest.fixture
async def cold() -> AsyncIterator[EspeakPhonemizer]:
    opened = EspeakPhonemizer()
    yield opened
    await opened.close()


@pytest.fixture
async def phonemizer(cold: EspeakPhonemizer) -> EspeakPhonemizer:
    await cold.load()
    return cold


class TestEspeakPhonemizer(PhonemizerConformance):
    @pytest.fixture
    def words(self) -> Words:
        return {
            "hi": ("नमस्ते", "मौसम", "किताब"),
            "en-US": ("water", "dance", "morning"),
            "ta": ("வணக்கம்", "வானிலை", "இன்று"),
            "ur": ("سلام", "موسم", "کتاب"),
        }


class TestPhonemes:
    def test_every_language_has_a_tag(self, cold: EspeakPhonemizer) -> None:
        assert set(cold.tags) == set(SENTENCES) - {"en"} | {"en-US", "en-GB"}

    @pytest.mark.parametrize(
        ("tag", "text", "expected"),
        [
            ("hi", "नमस्ते world, how?", "nəmˈʌsteː wˈɜːld, hˈaʊ?"),
            ("hi", "वह गया।वह आया॥", "ʋˌəh ɡˈʌjaː. ʋˌəh ˈaːjaː."),
            ("en-US", "water", "wˈɔːɾɚ"),
            ("en-GB", "water", "wˈɔːtə"),
            ("en-US", "At 10:30, 3.14!", "æt tˈɛn θˈɜːɾi, θɹˈiː pɔɪnt wˈʌn fˈɔːɹ!"),
            ("kok", "नमस्कार", "nˌəmskˈaːɾ"),
            ("ur", "سلام، موسم۔", "səlˈaːm, mˈoːsəm."),
        ],
    )
    async def test_says_how_it_is_pronounced(
        self, phonemizer: EspeakPhonemizer, tag: str, text: str, expected: str
    ) -> None:
        assert await phonemizer.phonemize([text], tag, timeout_s=LONG_S) == (expected,)

    async def test_every_language_has_phonemes(self, phonemizer: EspeakPhonemizer) -> None:
        for tag in phonemizer.tags:
            text = SENTENCES[tag.partition("-")[0]]
            (spoken,) = await phonemizer.phonemize([text], tag, timeout_s=LONG_S)
            assert spoken.endswith(".")
            assert spoken.count(",") == 1
            assert "ˈ" in spoken
            assert 0.5 < len(spoken) / len(text) < 3


class TestWorker:
    async def test_a_killed_worker_fails_its_call_and_comes_back(
        self, phonemizer: EspeakPhonemizer
    ) -> None:
        pid = phonemizer.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        call = asyncio.create_task(phonemizer.phonemize(["a"], "en-US", timeout_s=LONG_S))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(PhonemizerUnavailableError):
            await call
        assert await phonemizer.phonemize(["a"], "en-US", timeout_s=LONG_S) == ("ˈeɪ",)

    async def test_memory_stays_flat(self, phonemizer: EspeakPhonemizer) -> None:
        assert phonemizer.pid is not None
        process = psutil.Process(phonemizer.pid)
        texts = list(SENTENCES.values())
        for tag in phonemizer.tags:
            await phonemizer.phonemize(texts, tag, timeout_s=LONG_S)
        before = process.memory_full_info().uss
        for turn in range(200):
            tag = phonemizer.tags[turn % len(phonemizer.tags)]
            await phonemizer.phonemize(
                [f"{texts[turn % len(texts)]} {turn}"], tag, timeout_s=LONG_S
            )
        assert process.memory_full_info().uss - before < _MOST_GROWTH
