"""What Kokoro says is understood: sentences spoken by it and heard by Whisper."""

from collections.abc import AsyncIterator
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soxr

from ai4v.adapters.espeak.phonemizer import EspeakPhonemizer
from ai4v.adapters.kokoro.model import read_vocabulary
from ai4v.adapters.kokoro.symbol import to_symbols
from ai4v.adapters.kokoro.synthesizer import KokoroSynthesizer
from ai4v.adapters.whisper.recognizer import WhisperOptions, WhisperRecognizer
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.recognizer import Utterance
from ai4v.ports.synthesizer import SpokenPassage
from tests.support.speech_corpus import (
    LEXICON_DIR,
    MODEL_DIR,
    WHISPER_DIR,
    normalize_english,
    normalize_hindi,
)

pytestmark = pytest.mark.connected

_SENTENCES = Path(__file__).resolve().parents[3] / "data/speech/spoken"
_KOKORO_DIR = MODEL_DIR / "kokoro-82m"
_WORST_WORD_ERROR_RATE = 0.15
_WORST_CHARACTER_ERROR_RATE = 0.35
_AROUND_S = 0.3
"""Of silence, as a recording has: Whisper loses first sounds without it."""
_LONG_S = 120.0


def _read(language: str) -> list[str]:
    sentences = (_SENTENCES / f"{language}.txt").read_text("utf-8").splitlines()
    assert len(sentences) == 20
    return sentences


@pytest.fixture
async def synthesizer() -> AsyncIterator[KokoroSynthesizer]:
    opened = KokoroSynthesizer(_KOKORO_DIR, EspeakPhonemizer())
    await opened.load()
    yield opened
    await opened.close()


@pytest.fixture
async def recognizer() -> AsyncIterator[WhisperRecognizer]:
    opened = WhisperRecognizer(WhisperOptions(WHISPER_DIR, lexicon_dir=LEXICON_DIR))
    await opened.load()
    yield opened
    await opened.close()


async def _speak_and_hear(
    synthesizer: KokoroSynthesizer, recognizer: WhisperRecognizer, language: str
) -> list[str]:
    """Have the voices of the language speak a sentence each in turn; return what was heard."""
    voices = [voice for voice in synthesizer.info.voices if language in voice.languages]
    utterances = []
    for place, sentence in enumerate(_read(language)):
        passage = SpokenPassage(sentence, language, voices[place % len(voices)].voice_id)
        audio = await synthesizer.synthesize(passage, timeout_s=_LONG_S)
        padded = np.pad(audio.samples, round(_AROUND_S * audio.rate_hz))
        samples = np.clip(soxr.resample(padded, audio.rate_hz, SPEECH_RATE_HZ), -1, 1)
        utterances.append(Utterance(Audio(samples, SPEECH_RATE_HZ), language))
    results = await recognizer.recognize(utterances, timeout_s=_LONG_S)
    return [result.text for result in results]


async def test_english_is_understood(
    synthesizer: KokoroSynthesizer, recognizer: WhisperRecognizer
) -> None:
    heard = await _speak_and_hear(synthesizer, recognizer, "en")
    rate = jiwer.wer(
        [normalize_english(text) for text in _read("en")], [*map(normalize_english, heard)]
    )
    assert rate <= _WORST_WORD_ERROR_RATE


async def test_hindi_is_understood(
    synthesizer: KokoroSynthesizer, recognizer: WhisperRecognizer
) -> None:
    heard = await _speak_and_hear(synthesizer, recognizer, "hi")
    rate = jiwer.cer(
        [normalize_hindi(text) for text in _read("hi")], [*map(normalize_hindi, heard)]
    )
    assert rate <= _WORST_CHARACTER_ERROR_RATE


@pytest.mark.parametrize(("language", "tag"), [("en", "en-US"), ("en", "en-GB"), ("hi", "hi")])
async def test_every_phoneme_has_a_symbol(language: str, tag: str) -> None:
    phonemizer = EspeakPhonemizer()
    await phonemizer.load()
    vocabulary = read_vocabulary(_KOKORO_DIR)
    try:
        spoken = await phonemizer.phonemize(_read(language), tag, timeout_s=_LONG_S)
    finally:
        await phonemizer.close()
    assert [to_symbols(phonemes, tag, vocabulary).dropped for phonemes in spoken] == [0] * 20
