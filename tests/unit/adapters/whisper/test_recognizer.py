from pathlib import Path

import pytest

from ai4v.adapters.whisper.recognizer import WhisperRecognizer


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
