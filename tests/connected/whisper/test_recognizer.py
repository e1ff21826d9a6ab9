"""The recognizer in its worker process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from ai4v.adapters.whisper.recognizer import WhisperOptions, WhisperRecognizer
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.recognizer import RecognizerUnavailableError, Utterance
from tests.conformance.recognizer import LONG_S, RecognizerConformance
from tests.support.poll import until
from tests.support.speech_corpus import LEXICON_DIR, WHISPER_DIR, read_corpus

pytestmark = pytest.mark.connected

_MOST_BYTES = 600 * 1024**2
_WINDOWS = 8


@pytest.fixture
async def cold() -> AsyncIterator[WhisperRecognizer]:
    options = WhisperOptions(WHISPER_DIR, lexicon_dir=LEXICON_DIR, queue_limit=4)
    opened = WhisperRecognizer(options)
    yield opened
    await opened.close()


@pytest.fixture
def speech() -> tuple[Utterance, ...]:
    hindi, english = read_corpus("hi"), read_corpus("en")
    return (
        Utterance(hindi[1].audio, "hi"),
        Utterance(english[7].audio, "en"),
        Utterance(hindi[15].audio, "hi"),
        Utterance(english[12].audio, "en"),
    )


def _speech_of(seconds: float) -> Audio:
    """Speech of that length, at most 30 s."""
    samples = np.concatenate([clip.audio.samples for clip in read_corpus("hi")])
    return Audio(samples[: round(seconds * SPEECH_RATE_HZ)], SPEECH_RATE_HZ)


class TestWhisperRecognizer(RecognizerConformance):
    async def test_dies_with_its_calls_and_comes_back(
        self, recognizer: WhisperRecognizer, speech: tuple[Utterance, ...]
    ) -> None:
        before = await recognizer.recognize(speech, timeout_s=LONG_S)
        pid = recognizer.pid
        assert pid is not None
        call = asyncio.create_task(
            recognizer.recognize([Utterance(_speech_of(29), "hi")], timeout_s=LONG_S)
        )
        await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(RecognizerUnavailableError):
            await call

        async def is_back() -> bool:
            try:
                await recognizer.ping()
            except RecognizerUnavailableError:
                return False
            return True

        await until(is_back)
        assert recognizer.pid != pid
        after = await recognizer.recognize(speech, timeout_s=LONG_S)
        assert [result.text for result in after] == [result.text for result in before]

    async def test_a_full_queue_refuses_and_the_others_are_served(
        self, recognizer: WhisperRecognizer
    ) -> None:
        long = Utterance(_speech_of(10), "hi")
        calls = [
            asyncio.create_task(recognizer.recognize([long], timeout_s=LONG_S)) for _ in range(8)
        ]
        done = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in done if isinstance(each, RecognizerUnavailableError)]
        served = [each for each in done if isinstance(each, tuple)]
        assert len(refused) == 4
        assert len({results[0].text for results in served}) == 1

    async def test_a_short_call_overtakes_a_long_one(
        self, recognizer: WhisperRecognizer, speech: tuple[Utterance, ...]
    ) -> None:
        long = [Utterance(_speech_of(29), "hi")] * 4
        slow = asyncio.create_task(recognizer.recognize(long, timeout_s=LONG_S))
        await asyncio.sleep(0)
        await recognizer.recognize(speech[:1], timeout_s=LONG_S)
        assert not slow.done()
        assert all(result.text for result in await slow)

    async def test_memory_stays_bounded_over_many_windows(
        self, recognizer: WhisperRecognizer
    ) -> None:
        full = Utterance(_speech_of(30), "hi")
        for start in range(0, _WINDOWS, 4):
            rolled = np.roll(full.audio.samples, start * SPEECH_RATE_HZ)
            windows = [replace(full, audio=Audio(rolled, SPEECH_RATE_HZ))] * 4
            await recognizer.recognize(windows, timeout_s=LONG_S)
        assert recognizer.pid is not None
        assert psutil.Process(recognizer.pid).memory_full_info().pss < _MOST_BYTES


async def test_a_model_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    recognizer = WhisperRecognizer(WhisperOptions(tmp_path / "whisper-none"))
    with pytest.raises(RecognizerUnavailableError, match=r"tokenizer\.json"):
        await recognizer.load()
    await recognizer.close()
