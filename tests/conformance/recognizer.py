"""What every recognizer must do."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.capability import Task
from ai4v.ports.recognizer import (
    Recognizer,
    RecognizerDeadlineError,
    RecognizerUnavailableError,
    Utterance,
)

LONG_S = 120.0
_SOON_S = 1e-3


def silence(seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * SPEECH_RATE_HZ), np.float32), SPEECH_RATE_HZ)


class RecognizerConformance:
    """Subclass it with the fixtures `cold` (not loaded) and `speech`.

    `speech` is three or more utterances of different text and at least 1 s; languages are given.
    """

    @pytest.fixture
    async def recognizer(self, cold: Recognizer) -> Recognizer:
        await cold.load()
        return cold

    async def test_says_what_it_can_before_it_is_loaded(self, cold: Recognizer) -> None:
        info = cold.info
        assert info.max_duration_s > 0
        assert {offer.engine for offer in info.capabilities} == {info.engine}
        assert {offer.model_id for offer in info.capabilities} == {info.model_id}

    async def test_does_nothing_before_it_is_loaded(
        self, cold: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        with pytest.raises(RecognizerUnavailableError):
            await cold.ping()
        with pytest.raises(RecognizerUnavailableError):
            await cold.recognize(speech[:1], timeout_s=LONG_S)

    async def test_loading_and_closing_again_changes_nothing(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        await recognizer.load()
        await recognizer.ping()
        await recognizer.close()
        await recognizer.close()
        with pytest.raises(RecognizerUnavailableError):
            await recognizer.recognize(speech[:1], timeout_s=LONG_S)

    async def test_results_are_in_order_and_independent_of_each_other(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        together = await recognizer.recognize(speech, timeout_s=LONG_S)
        alone = [
            (await recognizer.recognize([utterance], timeout_s=LONG_S))[0] for utterance in speech
        ]
        assert [result.text for result in together] == [result.text for result in alone]
        assert len({result.text for result in together}) == len(speech)
        assert [result.language for result in together] == [each.language for each in speech]

    async def test_concurrent_calls_get_their_own_results(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        expected = await recognizer.recognize(speech, timeout_s=LONG_S)
        calls = [recognizer.recognize([each], timeout_s=LONG_S) for each in speech]
        results = await asyncio.gather(*calls)
        assert [result.text for (result,) in results] == [result.text for result in expected]

    async def test_segments_make_up_the_text_in_order(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        results = await recognizer.recognize(speech, timeout_s=LONG_S)
        for utterance, result in zip(speech, results, strict=True):
            assert " ".join(segment.text for segment in result.segments) == result.text
            times = [at for each in result.segments for at in (each.start_s, each.end_s)]
            assert times == sorted(times)
            assert all(0 <= at <= utterance.audio.duration_s for at in times)
            assert 0 < result.confidence <= 1

    async def test_nothing_asked_is_nothing_answered(self, recognizer: Recognizer) -> None:
        assert await recognizer.recognize([], timeout_s=LONG_S) == ()

    @pytest.mark.parametrize("seconds", [0.0, 0.05, 3.0])
    async def test_silence_is_empty(self, recognizer: Recognizer, seconds: float) -> None:
        utterance = Utterance(silence(seconds), "hi")
        (result,) = await recognizer.recognize([utterance], timeout_s=LONG_S)
        assert (result.text, result.segments, result.language) == ("", (), "hi")
        assert result.is_script_right

    async def test_a_language_is_found(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        utterance = replace(speech[0], language=None)
        (result,) = await recognizer.recognize([utterance], timeout_s=LONG_S)
        assert result.language in {offer.language for offer in recognizer.info.capabilities}
        assert result.text

    async def test_speech_becomes_english(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        foreign = next(utterance for utterance in speech if utterance.language != "en")
        utterance = replace(foreign, task=Task.TRANSLATE_SPEECH)
        (result,) = await recognizer.recognize([utterance], timeout_s=LONG_S)
        assert result.text
        assert result.text.isascii()
        assert result.is_script_right
        assert result.language == foreign.language

    @pytest.mark.parametrize(
        "wrong",
        [
            Utterance(silence(1), "xx"),
            Utterance(silence(1), "brx"),
            Utterance(silence(1), "en", Task.TRANSLATE_SPEECH),
            Utterance(silence(31), "en"),
            Utterance(Audio(np.zeros(8_000, np.float32), 8_000), "en"),
        ],
        ids=["unknown", "undeclared", "no such task", "too long", "wrong rate"],
    )
    async def test_what_it_does_not_declare_is_refused(
        self, recognizer: Recognizer, speech: Sequence[Utterance], wrong: Utterance
    ) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            await recognizer.recognize([speech[0], wrong], timeout_s=LONG_S)

    async def test_a_deadline_that_passes_is_told_and_harms_nobody(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        patient = asyncio.create_task(recognizer.recognize(speech, timeout_s=LONG_S))
        with pytest.raises(RecognizerDeadlineError):
            await recognizer.recognize(speech, timeout_s=_SOON_S)
        assert all(result.text for result in await patient)

    async def test_cancelling_one_caller_harms_no_other(
        self, recognizer: Recognizer, speech: Sequence[Utterance]
    ) -> None:
        calls = [
            asyncio.create_task(recognizer.recognize([each], timeout_s=LONG_S)) for each in speech
        ]
        await asyncio.sleep(0)
        calls[0].cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        assert all(isinstance(each, tuple) and each[0].text for each in done[1:])
