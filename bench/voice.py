"""Text to speech: seconds of work for a second of sound, and how soon the first sound is there."""

import statistics
import time
from dataclasses import dataclass

import httpx2

from bench.house import House

_ROUNDS = 3
_TIMEOUT_S = 300.0
_CHUNK_BYTES = 4800
_TEXTS = {
    "en": (
        "Good morning, my friend.",
        "The train to Mumbai leaves from platform four at nine in the evening.",
        (
            "The farmers are waiting for the rain. The schools will open again next week. Please"
            " bring your books, your pens and a bottle of water with you every day."
        ),
    ),
    "hi": (
        "नमस्ते, आप कैसे हैं?",
        "मुंबई की गाड़ी रात नौ बजे चौथे प्लेटफ़ॉर्म से चलेगी।",
        (
            "किसान बारिश का इंतज़ार कर रहे हैं। स्कूल अगले हफ़्ते फिर से खुलेंगे। कृपया हर दिन अपनी किताबें,"
            " कलम और पानी की एक बोतल साथ लाएँ।"
        ),
    ),
    "ta": (
        "வணக்கம், நீங்கள் எப்படி இருக்கிறீர்கள்?",
        "சென்னை செல்லும் ரயில் இரவு ஒன்பது மணிக்கு நான்காவது நடைமேடையிலிருந்து புறப்படும்.",
        (
            "விவசாயிகள் மழைக்காகக் காத்திருக்கிறார்கள். பள்ளிகள் அடுத்த வாரம் மீண்டும் திறக்கப்படும்."
            " தினமும் உங்கள் புத்தகங்களையும் தண்ணீரையும் கொண்டு வாருங்கள்."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds for one text."""

    language: str
    characters: int
    audio_s: float
    whole_s: float
    """Until the answer of the inference path."""
    first_s: float
    """Until the first sound of the stream."""


def measure(house: House) -> list[Row]:
    """Measure a clause, a sentence and three sentences; both paths take turns."""
    with httpx2.Client(timeout=_TIMEOUT_S) as client:
        for language, texts in _TEXTS.items():
            speak(client, house, texts[0], language)
        return [
            _compare(client, house, text, language)
            for language, texts in _TEXTS.items()
            for text in texts
        ]


def speak(
    client: httpx2.Client, house: House, text: str, language: str, *, speed: float = 1.0
) -> tuple[float, float]:
    """Speak one text; return the seconds until the answer and the seconds of sound in it."""
    started = time.perf_counter()
    answer = client.post(
        house.url("gateway") + "/api/v1/tts/inference",
        headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
        json=_body(text, language, speed),
    )
    answer.raise_for_status()
    return time.perf_counter() - started, answer.json()["config"]["audioDuration"]


def _compare(client: httpx2.Client, house: House, text: str, language: str) -> Row:
    whole: list[float] = []
    first: list[float] = []
    audio_s = 0.0
    for _ in range(_ROUNDS):
        spent_s, audio_s = speak(client, house, text, language)
        whole.append(spent_s)
        first.append(_wait_for_sound(client, house, text, language))
    return Row(language, len(text), audio_s, statistics.median(whole), statistics.median(first))


def _wait_for_sound(client: httpx2.Client, house: House, text: str, language: str) -> float:
    """Return the seconds until 100 ms of sound are there."""
    started = time.perf_counter()
    with client.stream(
        "POST",
        house.url("gateway") + "/api/v1/tts/stream",
        headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
        json=_body(text, language),
    ) as answer:
        answer.raise_for_status()
        chunks = answer.iter_bytes(_CHUNK_BYTES)
        next(chunks)
        waited_s = time.perf_counter() - started
        for _ in chunks:
            pass
    return waited_s


def _body(text: str, language: str, speed: float = 1.0) -> dict[str, object]:
    config = {"language": {"sourceLanguage": language}, "speed": speed}
    return {"input": [{"source": text}], "config": config}
