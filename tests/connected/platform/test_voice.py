"""Every language is spoken: sound of a plausible length, neither silent nor clipped."""

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile

from ai4v.contracts.language import LANGUAGES
from tests.connected.platform.client import open_client, speak
from tests.support.platform import Platform

pytestmark = pytest.mark.connected

_SENTENCES = Path(__file__).resolve().parents[2] / "data" / "languageid" / "sentences.tsv"
_NEURAL = {"hi", "en"}
_FEWEST_PER_S, _MOST_PER_S = 3.0, 30.0
"""Characters in a second of speech."""
_FAINT = 0.02


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(platform, platform.first_run.api_key) as opened:
        yield opened


def _read_sentences() -> dict[str, str]:
    """Return the first sentence of each language."""
    sentences: dict[str, str] = {}
    for line in _SENTENCES.read_text("utf-8").splitlines():
        language, text = line.split("\t")[:2]
        sentences.setdefault(language, text)
    return sentences


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_is_spoken(client: httpx2.AsyncClient, language: str) -> None:
    text = _read_sentences()[language]
    answer = await speak(client, text, language)
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["audio"]
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(item["audioContent"])))
    seconds = len(samples) / rate_hz
    assert _FEWEST_PER_S < len(text) / seconds < _MOST_PER_S
    assert float(np.sqrt(np.mean(samples**2))) > _FAINT
    assert float(np.abs(samples).max()) < 1.0
    assert (answer.json()["config"]["tier"] == "neural") is (language in _NEURAL)
