"""Speech to text: seconds of work for a second of sound, through the platform and engine alone."""

import io
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import faster_whisper
import httpx2
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from bench.house import House

_CLIPS = Path(__file__).parent.parent / "tests" / "data" / "speech"
_RATE_HZ = 16_000
_SUFFIXES = {".flac", ".mp3", ".ogg", ".wav"}
_ROUNDS = 3
_TIMEOUT_S = 300.0

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds for one clip."""

    language: str
    audio_s: float
    platform_s: float
    engine_s: float
    """faster-whisper on the same model, int8, two threads, beam 1, called directly."""


def measure(house: House, model_dir: Path) -> list[Row]:
    """Measure clips of 3, 10 and 30 s in English and Hindi, in turns with the engine alone."""
    engine = faster_whisper.WhisperModel(
        str(model_dir / "whisper-base"), compute_type="int8", cpu_threads=2
    )
    rows = []
    with httpx2.Client(timeout=_TIMEOUT_S) as client:
        for language in ("en", "hi"):
            speech = load_speech(language)
            for seconds in (3.0, 10.0, 30.0):
                clip = speech[: int(seconds * _RATE_HZ)]
                rows.append(_compare(client, house, engine, clip, language))
    return rows


def load_speech(language: str) -> Samples:
    """Return the clips of `language` one after another, 16 kHz mono, at least a minute of them."""
    pieces: list[Samples] = []
    for path in sorted((_CLIPS / language).iterdir()):
        if path.suffix not in {".flac", ".ogg"}:
            continue
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        pieces.append(soxr.resample(samples.mean(axis=1), rate_hz, _RATE_HZ).astype(np.float32))
    speech = np.concatenate(pieces)
    return np.tile(speech, 1 + 60 * _RATE_HZ // len(speech))


def transcribe(client: httpx2.Client, house: House, clip: Samples, language: str) -> float:
    """Send `clip` as flac through the gateway; return the seconds until the answer."""
    file = io.BytesIO()
    soundfile.write(file, clip, _RATE_HZ, format="FLAC")
    started = time.perf_counter()
    answer = client.post(
        house.url("gateway") + "/api/v1/asr/inference",
        headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
        files={"file": ("clip.flac", file.getvalue())},
        data={"language": language},
    )
    answer.raise_for_status()
    return time.perf_counter() - started


def _compare(
    client: httpx2.Client,
    house: House,
    engine: faster_whisper.WhisperModel,
    clip: Samples,
    language: str,
) -> Row:
    platform: list[float] = []
    alone: list[float] = []
    for _ in range(_ROUNDS):
        platform.append(transcribe(client, house, clip, language))
        started = time.perf_counter()
        segments, _info = engine.transcribe(clip, language=language, beam_size=1, temperature=0.0)
        list(segments)
        alone.append(time.perf_counter() - started)
    return Row(
        language=language,
        audio_s=len(clip) / _RATE_HZ,
        platform_s=statistics.median(platform),
        engine_s=statistics.median(alone),
    )
