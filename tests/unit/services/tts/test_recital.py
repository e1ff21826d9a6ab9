import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from ai4v.adapters.memory.synthesizer import MemorySynthesizer, MemoryTrouble
from ai4v.contracts.audio import Audio
from ai4v.contracts.tts import TtsRequest
from ai4v.kit.deadline import Deadline
from ai4v.ports.synthesizer import SpokenPassage
from ai4v.services.tts.manuscript import Manuscript
from ai4v.services.tts.plan import make_plan
from ai4v.services.tts.recital import Portion, Recital
from ai4v.services.tts.sentence import Pause, Piece
from ai4v.services.tts.synthesis import Narrator, UnspeakableTextError


class _Mumbler(MemorySynthesizer):
    """Makes no sound of what is in brackets."""

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        audio = await super().synthesize(passage, timeout_s=timeout_s)
        if passage.text.startswith("("):
            return Audio(np.zeros_like(audio.samples), audio.rate_hz)
        return audio


async def _recital(*texts: str, rate_hz: int = 22_050) -> tuple[Recital, MemorySynthesizer]:
    synthesizer = _Mumbler()
    await synthesizer.load()
    request = TtsRequest.model_validate(
        {
            "input": [{"source": "unread"}],
            "config": {"language": {"sourceLanguage": "en"}, "samplingRate": rate_hz},
        }
    )
    infos = (synthesizer.info,)
    pieces = tuple(Piece(text, Pause.SENTENCE) for text in texts)
    narrator = Narrator(synthesizer, make_plan(request, infos, infos), Deadline(10.0))
    return Recital(Manuscript("input.0.source", 9, pieces), narrator), synthesizer


async def _all(recital: Recital) -> list[Portion]:
    async with aclosing(recital.portions()) as portions:
        return [portion async for portion in portions]


async def test_one_piece_is_made_ahead_and_no_more() -> None:
    recital, synthesizer = await _recital("one", "two", "three", "four")
    async with aclosing(recital.portions()) as portions:
        for made in (2, 3, 4, 4):
            await anext(portions)
            for _ in range(50):
                await asyncio.to_thread(int)
            assert len(synthesizer.spoken) == made


async def test_portions_tell_how_far_it_has_come() -> None:
    recital, _ = await _recital("one", "two")
    first, second = await _all(recital)
    assert (first.is_last, second.is_last) == (False, True)
    assert len(first.content) / 2 / 22_050 == pytest.approx(first.audio_s, abs=1e-3)
    total = (len(first.content) + len(second.content)) / 2 / 22_050
    assert total == pytest.approx(second.audio_s, abs=1e-3)
    assert 0 < first.processing_s < second.processing_s


@pytest.mark.parametrize("rate_hz", [22_050, 8_000])
async def test_pieces_without_sound_are_passed_over(rate_hz: int) -> None:
    recital, _ = await _recital("(a)", "one", "(b)", "two", "(c)", rate_hz=rate_hz)
    portions = await _all(recital)
    assert [portion.is_last for portion in portions] == [False, False, True]
    total = sum(len(portion.content) for portion in portions) / 2 / rate_hz
    assert total == pytest.approx(0.15 + 0.25 + 0.15, abs=0.01)


async def test_text_without_any_sound_is_refused_at_its_end() -> None:
    recital, _ = await _recital("(a)", "(b)")
    with pytest.raises(UnspeakableTextError, match=r"input\.0\.source: the voice makes no sound"):
        await _all(recital)


async def test_closing_ends_what_is_being_made() -> None:
    recital, synthesizer = await _recital("one", "two")
    async with aclosing(recital.portions()) as portions:
        await anext(portions)
        synthesizer.trouble = MemoryTrouble(seconds_per_passage=60.0)
    assert [passage.text for passage in synthesizer.spoken] == ["one"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
