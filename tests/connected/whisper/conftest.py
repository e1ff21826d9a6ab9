import pytest

from ai4v.adapters.whisper.engine import WhisperEngine
from tests.support.speech_corpus import LEXICON_DIR, WHISPER_DIR


@pytest.fixture(scope="package")
def engine() -> WhisperEngine:
    """The engine in this process."""
    return WhisperEngine(WHISPER_DIR, lexicon_dir=LEXICON_DIR)
