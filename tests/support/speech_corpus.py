"""Recorded speech with its words, and the models that are to understand it."""

import io
import os
import re
import unicodedata
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ai4v.contracts.audio import Audio, Samples
from tests.support.meaning import Meaning, parse_meaning

_ROOT: Final = Path(__file__).resolve().parents[2]
_CORPUS: Final = _ROOT / "tests/data/speech"
MODEL_DIR: Final = Path(
    os.environ.get("AI4V_MODEL_DIR")  # noqa: TID251 - given by make, which has put the models there
    or _ROOT / ".cache/models"
)
WHISPER_DIR: Final = MODEL_DIR / "whisper-base"
LEXICON_DIR: Final = MODEL_DIR / "indic-lexicon"

_DIGITS: Final = dict(
    enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
)
_NUKTA: Final = "\u093c"


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording and its words."""

    name: str
    audio: Audio
    words: str


def read_corpus(name: str) -> tuple[Clip, ...]:
    """Return the clips of a corpus, in the order of its reference."""
    lines = (_CORPUS / name / "reference.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return tuple(Clip(file, _read(_CORPUS / name / file), words) for file, words in rows)


def read_meanings(corpus: str) -> tuple[Meaning, ...]:
    """Return what English must say of each clip of a corpus, in the order of its reference."""
    lines = (_CORPUS / corpus / "meaning.tsv").read_text("utf-8").splitlines()
    return tuple(parse_meaning(line.split("\t")[2]) for line in lines)


def _read(path: Path) -> Audio:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    return Audio(samples, rate_hz)


def normalize_english(text: str) -> str:
    """Lower case, no signs, numbers as words."""
    text = re.sub(r"\b10\b", "ten", text.lower())
    text = re.sub(r"\d", lambda digit: f" {_DIGITS[int(digit[0])]} ", text)
    text = re.sub(r"\bmr\b", "mister", re.sub("[^a-z ]", " ", text))
    return " ".join(text.split())


def normalize_hindi(text: str) -> str:
    """No signs and no nukta; chandrabindu as anusvara, which writers mix."""
    text = unicodedata.normalize("NFD", text).replace(_NUKTA, "").replace("ँ", "ं")
    return " ".join(re.sub(r"[।,.?!\-]", " ", text).split())


def join_clips(language: str, seconds: float) -> tuple[bytes, str]:
    """Return almost so long a FLAC of sentences with a pause after each, and their words."""
    clips = read_corpus(language)
    rate_hz = clips[0].audio.rate_hz
    pause = np.zeros(rate_hz // 2, dtype=np.float32)
    pieces: list[Samples] = []
    words: list[str] = []
    left = int(seconds * rate_hz)
    for clip in cycle(clips):
        left -= len(clip.audio.samples) + len(pause)
        if left < 0:
            break
        pieces += [clip.audio.samples, pause]
        words.append(clip.words)
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(pieces), rate_hz, format="FLAC")
    return file.getvalue(), " ".join(words)
