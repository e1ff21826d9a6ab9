import asyncio
from pathlib import Path

import numpy as np
import pytest

from ai4v.adapters.whisper.recognizer import WhisperOptions, WhisperRecognizer
from ai4v.adapters.whisper.worker import RecognizeReply
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.recognizer import Recognition, RecognizerUnavailableError, Utterance
from tests.support.simulation import simulate
from tests.support.worker import ScriptedWorker

_HEARD = Recognition("जी", "hi", is_script_right=True, segments=(), confidence=1.0)


def test_a_url_names_the_model() -> None:
    recognizer = WhisperRecognizer.of_url("whisper://base?threads=1", Path("/models"))
    assert recognizer.info.model_id == "whisper-base"
    assert recognizer.info.engine == "whisper"


@pytest.mark.parametrize(
    "url",
    [
        "whisper://",
        "other://base",
        "whisper://base?threads=x",
        "whisper://base?thread=1",
        "whisper://base?threads",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        WhisperRecognizer.of_url(url, Path("/models"))


@pytest.mark.parametrize("failure", [ValueError("refused"), KeyError("a bug")])
def test_what_one_utterance_fails_by_ends_nothing_for_the_next(failure: Exception) -> None:
    async def story() -> None:
        worker = ScriptedWorker(failure, RecognizeReply([_HEARD]))
        recognizer = WhisperRecognizer(WhisperOptions(Path("whisper-base")), worker)
        await recognizer.load()
        speech = Utterance(Audio(np.zeros(SPEECH_RATE_HZ, np.float32), SPEECH_RATE_HZ), "hi")
        with pytest.raises(RecognizerUnavailableError):
            await recognizer.recognize([speech], timeout_s=10)
        assert await recognizer.recognize([speech], timeout_s=10) == (_HEARD,)
        await recognizer.close()

    simulate(story())


def test_one_of_a_batch_that_is_refused_harms_no_other() -> None:
    async def story() -> None:
        answers = (ValueError("one"), ValueError("it"), RecognizeReply([_HEARD]))
        recognizer = WhisperRecognizer(
            WhisperOptions(Path("whisper-base")), ScriptedWorker(*answers)
        )
        await recognizer.load()
        speech = Utterance(Audio(np.zeros(SPEECH_RATE_HZ, np.float32), SPEECH_RATE_HZ), "hi")
        first, second = await asyncio.gather(
            *(recognizer.recognize([speech], timeout_s=10) for _ in range(2)),
            return_exceptions=True,
        )
        assert isinstance(first, RecognizerUnavailableError)
        assert second == (_HEARD,)
        await recognizer.close()

    simulate(story())
