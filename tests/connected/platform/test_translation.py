"""Texts through gateway, service and model: what must be kept is kept, in every direction."""

import random
from collections.abc import AsyncIterator

import httpx2
import pytest

from ai4v.contracts.language import LANGUAGES, SCRIPTS
from tests.connected.platform.client import open_client
from tests.support.everyday import keeps, make_sentence
from tests.support.platform import Platform

pytestmark = pytest.mark.connected

_SENTENCES = 2
"""In each direction; `python -m bench.keeping` tries 200."""
_DIRECTIONS = [
    *((source, "en") for source in ("bn", "hi", "mr", "ta", "te")),
    *(("en", target) for target in ("bn", "hi")),
    *((source, "hi") for source in ("bn", "mr", "ta", "te")),
    *((source, "bn") for source in ("hi", "mr", "ta", "te")),
]


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(platform, platform.first_run.api_key) as opened:
        yield opened


async def test_directions_are_those_that_are_tried(client: httpx2.AsyncClient) -> None:
    report = (await client.get("/api/v1/capabilities")).json()
    offered = {
        (item["language"], item["target_language"])
        for item in report["capabilities"]
        if item["task"] == "translation" and item["tier"] != "none"
    }
    assert offered == set(_DIRECTIONS)


@pytest.mark.parametrize(("source", "target"), _DIRECTIONS)
async def test_numbers_and_addresses_are_kept_and_the_script_is_right(
    client: httpx2.AsyncClient, source: str, target: str
) -> None:
    rng = random.Random(f"{source}-{target}")  # noqa: S311 - no secret
    made = [make_sentence(rng, source) for _ in range(_SENTENCES)]
    body = {
        "input": [{"source": text} for text, _ in made],
        "config": {"language": {"sourceLanguage": source, "targetLanguage": target}},
    }
    answer = await client.post("/api/v1/nmt/inference", json=body, timeout=120.0)
    assert answer.status_code == 200, answer.text
    script = SCRIPTS[LANGUAGES[target].script]
    for (text, kept), item in zip(made, answer.json()["output"], strict=True):
        assert keeps(item["target"], kept), (text, item["target"])
        rest = item["target"]
        for each in kept:
            rest = rest.replace(each, " ")
        assert all(script.owns(letter) for letter in rest if letter.isalpha())
        assert any(letter.isalpha() for letter in rest)
