"""The platform's memory after one request of each kind, and one of the largest size of each."""

import asyncio

import httpx2
import numpy as np

from bench import speech, translation, voice
from bench.house import House

_GROWING_TEXTS = 200
_LOOKS = (1, 50, 100, 150, 200)
_VOICE_WORKER = "worker kokoro"
_RATE_HZ = 16_000
_SPEECH_S = (6, 600)
_SPOKEN_CHARACTERS = 5_000
_TRANSLATED_CHARACTERS = 10_000
_TIMEOUT_S = 300.0


def measure(house: House) -> dict[str, float]:
    """Return the proportional share (PSS) of each process, in MiB."""
    with httpx2.Client(timeout=_TIMEOUT_S) as client:
        _listen(client, house)
        _speak(client, house)
    asyncio.run(_translate(house))
    return house.pss_mib()


def measure_growth(house: House) -> dict[int, float]:
    """Have Kokoro speak 200 texts that grow from one word to 100 characters.

    Returns:
        its MiB by the number of texts spoken.
    """
    sentences = " ".join(translation.load_sentences("en", "hi"))
    found = {}
    with httpx2.Client(timeout=_TIMEOUT_S) as client:
        for number in range(1, _GROWING_TEXTS + 1):
            voice.speak(client, house, "Go " + sentences[: number // 2], "en", speed=2.0)
            if number in _LOOKS:
                found[number] = house.pss_mib()[_VOICE_WORKER]
    return found


def _listen(client: httpx2.Client, house: House) -> None:
    samples = speech.load_speech("hi")
    for seconds in _SPEECH_S:
        count = seconds * _RATE_HZ
        clip = np.tile(samples, 1 + count // len(samples))[:count]
        speech.transcribe(client, house, clip, "hi")


def _speak(client: httpx2.Client, house: House) -> None:
    for language in ("ta", "hi"):
        sentences = " ".join(translation.load_sentences(language, "en"))
        longest = (sentences + " ") * (1 + _SPOKEN_CHARACTERS // len(sentences))
        for text in (sentences[:40], longest[:_SPOKEN_CHARACTERS]):
            voice.speak(client, house, text, language)


async def _translate(house: House) -> None:
    sentences = " ".join(translation.load_sentences("hi", "en"))
    longest = (sentences + " ") * (1 + _TRANSLATED_CHARACTERS // len(sentences))
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
        for text in (sentences[:40], longest[:_TRANSLATED_CHARACTERS]):
            await translation.translate(client, house, text, "hi", "en")
