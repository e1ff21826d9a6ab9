"""The engine on recorded speech; figures are in tests/data/speech/README.md."""

import jiwer
import numpy as np
import pytest
from faster_whisper import WhisperModel

from ai4v.adapters.whisper.engine import WhisperEngine
from ai4v.adapters.whisper.transcript import find_loop
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.capability import Task
from ai4v.contracts.language import SCRIPTS
from ai4v.ports.recognizer import Utterance
from tests.support.speech_corpus import (
    WHISPER_DIR,
    Clip,
    normalize_english,
    normalize_hindi,
    read_corpus,
    read_meanings,
)

pytestmark = pytest.mark.connected

_WORST_CHARACTER_ERROR_RATE = 0.2
_MORE_WORD_ERRORS = 1


def _words(text: str) -> list[int]:
    return [hash(word) for word in text.split()]


def test_hindi_is_in_devanagari_whole_and_mostly_right(engine: WhisperEngine) -> None:
    clips = read_corpus("hi")
    results = engine.recognize([Utterance(clip.audio, "hi") for clip in clips])
    for result in results:
        assert result.is_script_right
        assert sum(SCRIPTS["Deva"].owns(character) for character in result.text) > 10
        assert find_loop(_words(result.text)) is None
    rate = jiwer.cer(
        [normalize_hindi(clip.words) for clip in clips],
        [normalize_hindi(result.text) for result in results],
    )
    assert rate <= _WORST_CHARACTER_ERROR_RATE


@pytest.mark.parametrize(
    ("name", "meant"),
    [("02.ogg", "weather"), ("03.ogg", "railway"), ("06.ogg", "250"), ("11.ogg", "languages")],
)
def test_translation_carries_the_meaning(engine: WhisperEngine, name: str, meant: str) -> None:
    clip = next(clip for clip in read_corpus("hi") if clip.name == name)
    (result,) = engine.recognize([Utterance(clip.audio, "hi", Task.TRANSLATE_SPEECH)])
    assert meant in result.text
    assert result.is_script_right


@pytest.mark.parametrize(("corpus", "least"), [("hi", 10), ("hi-second", 14)])
def test_translation_keeps_who_does_what(engine: WhisperEngine, corpus: str, least: int) -> None:
    clips = read_corpus(corpus)
    results = engine.recognize([Utterance(c.audio, "hi", Task.TRANSLATE_SPEECH) for c in clips])
    meanings = read_meanings(corpus)
    texts = [result.text for result in results]
    kept = [m.is_kept_in(text) for m, text in zip(meanings, texts, strict=True)]
    assert sum(kept) >= least
    assert all(result.is_script_right for result in results)
    assert not any(text.startswith("A sentence about") for text in texts)


@pytest.mark.parametrize(
    ("corpus", "name"), [("hi", "01.ogg"), ("hi", "18.ogg"), ("hi-second", "22.ogg")]
)
def test_translation_says_no_sentence_twice(engine: WhisperEngine, corpus: str, name: str) -> None:
    clip = next(clip for clip in read_corpus(corpus) if clip.name == name)
    samples = np.pad(clip.audio.samples, (0, SPEECH_RATE_HZ // 10))
    audio = Audio(samples, SPEECH_RATE_HZ)
    (result,) = engine.recognize([Utterance(audio, "hi", Task.TRANSLATE_SPEECH)])
    assert result.text.count(".") == 1


def test_hindi_is_told_from_english(engine: WhisperEngine) -> None:
    hindi, english = read_corpus("hi"), read_corpus("en")
    clips = [clip for clip in (*hindi, *english) if clip.audio.duration_s > 3]
    results = engine.recognize([Utterance(clip.audio, None) for clip in clips])
    wrong = [
        clip.name
        for clip, result in zip(clips, results, strict=True)
        if (result.language == "en") != clip.words.isascii()
    ]
    assert wrong == []


def _count_errors(clips: tuple[Clip, ...], texts: list[str]) -> int:
    measured = jiwer.process_words(
        [normalize_english(clip.words) for clip in clips],
        [normalize_english(text) or "-" for text in texts],
    )
    return measured.substitutions + measured.deletions + measured.insertions


def test_english_is_as_good_as_faster_whisper(engine: WhisperEngine) -> None:
    clips = read_corpus("en")
    yardstick = WhisperModel(
        str(WHISPER_DIR), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
    )
    theirs = []
    for clip in clips:
        segments, _ = yardstick.transcribe(
            clip.audio.samples, language="en", beam_size=1, temperature=0, vad_filter=False
        )
        theirs.append(" ".join(segment.text for segment in segments))
    ours = [result.text for result in engine.recognize([Utterance(c.audio, "en") for c in clips])]
    assert _count_errors(clips, ours) <= _count_errors(clips, theirs) + _MORE_WORD_ERRORS


def test_a_full_window_is_heard_to_its_end(engine: WhisperEngine) -> None:
    clips = [clip for clip in read_corpus("en") if clip.name.startswith("sense")]
    samples = np.concatenate([clip.audio.samples for clip in clips])
    (result,) = engine.recognize([Utterance(Audio(samples, SPEECH_RATE_HZ), "en")])
    spoken = normalize_english(" ".join(clip.words for clip in clips))
    assert jiwer.wer(spoken, normalize_english(result.text)) < 0.1
    assert len(result.segments) > 1
    assert result.segments[-1].end_s > len(samples) / SPEECH_RATE_HZ - 2


def test_noise_does_not_loop(engine: WhisperEngine) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 5 * SPEECH_RATE_HZ).astype(np.float32)
    results = engine.recognize(
        [Utterance(Audio(noise, SPEECH_RATE_HZ), language) for language in ("hi", "te", "en")]
    )
    for result in results:
        assert find_loop(_words(result.text)) is None
        assert len(result.text) < 400
