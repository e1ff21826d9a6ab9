"""The synthesizer that only hums."""

import pytest

from ai4v.adapters.memory.synthesizer import (
    LETTER_S,
    MemorySynthesizer,
    MemoryTrouble,
    make_info,
)
from ai4v.contracts.capability import Tier
from ai4v.ports.synthesizer import (
    SpokenPassage,
    SynthesizerDeadlineError,
    SynthesizerUnavailableError,
)
from tests.conformance.synthesizer import LONG_S, SynthesizerConformance

HELLO = SpokenPassage("hello", "en", "memory-en-f")


class TestMemorySynthesizer(SynthesizerConformance):
    @pytest.fixture
    def cold(self) -> MemorySynthesizer:
        return MemorySynthesizer(trouble=MemoryTrouble(seconds_per_passage=0.001))

    @pytest.fixture
    def passages(self) -> tuple[SpokenPassage, ...]:
        return (
            SpokenPassage("नमस्ते दुनिया।", "hi", "memory-hi-f"),
            SpokenPassage("Good day.", "en", "memory-en-m"),
            SpokenPassage("வணக்கம் உலகமே, நலமா.", "ta", "memory-ta-m"),
        )


async def test_its_length_tells_letters_and_speed() -> None:
    synthesizer = MemorySynthesizer()
    await synthesizer.load()
    passage = SpokenPassage("abc 12.", "en", "memory-en-m", speed=2)
    audio = await synthesizer.synthesize(passage, timeout_s=LONG_S)
    assert audio.duration_s == pytest.approx(5 * LETTER_S / 2, abs=1e-4)
    assert list(synthesizer.spoken) == [passage]


async def test_it_can_be_told_to_fail() -> None:
    synthesizer = MemorySynthesizer(trouble=MemoryTrouble(deadly_text="boom"))
    await synthesizer.load()
    with pytest.raises(SynthesizerUnavailableError):
        await synthesizer.synthesize(SpokenPassage("a boom", "en", "memory-en-f"), timeout_s=LONG_S)
    assert (await synthesizer.synthesize(HELLO, timeout_s=LONG_S)).duration_s > 0


async def test_it_can_be_told_to_hang_and_recovers() -> None:
    synthesizer = MemorySynthesizer()
    await synthesizer.load()
    synthesizer.trouble = MemoryTrouble(seconds_per_passage=3600)
    with pytest.raises(SynthesizerDeadlineError):
        await synthesizer.synthesize(HELLO, timeout_s=0.01)
    synthesizer.trouble = MemoryTrouble()
    assert (await synthesizer.synthesize(HELLO, timeout_s=LONG_S)).duration_s > 0


async def test_it_can_be_told_not_to_load() -> None:
    synthesizer = MemorySynthesizer(trouble=MemoryTrouble(is_unloadable=True))
    with pytest.raises(SynthesizerUnavailableError):
        await synthesizer.load()


def test_what_it_declares_can_be_chosen() -> None:
    info = make_info(engine="other", languages=("te",), tier=Tier.RULE_BASED)
    assert MemorySynthesizer(info).info is info
    assert [voice.voice_id for voice in info.voices] == ["other-te-f", "other-te-m"]
    assert [(offer.language, offer.tier) for offer in info.capabilities] == [
        ("te", Tier.RULE_BASED)
    ]
