"""Speech in Hindi to speech in English: seconds until the answer for a second of sound."""

import base64
import io
import statistics
import time
from dataclasses import dataclass

import httpx2
import soundfile

from bench import speech
from bench.house import House

_RATE_HZ = 16_000
_ROUNDS = 3
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Row:
    """Median over the rounds for one clip."""

    audio_s: float
    platform_s: float


def measure(house: House) -> list[Row]:
    """Measure clips of 5, 10 and 30 s."""
    samples = speech.load_speech("hi")
    with httpx2.Client(timeout=_TIMEOUT_S) as client:
        return [
            Row(
                seconds,
                statistics.median(
                    _converse(client, house, samples[: int(seconds * _RATE_HZ)])
                    for _ in range(_ROUNDS)
                ),
            )
            for seconds in (5.0, 10.0, 30.0)
        ]


def _converse(client: httpx2.Client, house: House, clip: speech.Samples) -> float:
    file = io.BytesIO()
    soundfile.write(file, clip, _RATE_HZ, format="FLAC")
    hindi, english = {"sourceLanguage": "hi"}, {"sourceLanguage": "en"}
    tasks = [
        {"taskType": "asr", "config": {"language": hindi}},
        {"taskType": "translation", "config": {"language": hindi | {"targetLanguage": "en"}}},
        {"taskType": "tts", "config": {"language": english}},
    ]
    audio = [{"audioContent": base64.b64encode(file.getvalue()).decode()}]
    started = time.perf_counter()
    answer = client.post(
        house.url("gateway") + "/api/v1/pipeline/inference",
        headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
        json={"pipelineTasks": tasks, "inputData": {"audio": audio}},
    )
    answer.raise_for_status()
    return time.perf_counter() - started
