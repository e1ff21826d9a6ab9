"""Translation: characters a second through the platform, at 1, 4 and 16 callers."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.house import House

_SENTENCES = Path(__file__).parent.parent / "tests" / "data" / "translation"
_CALLERS = (1, 4, 16)
_ROUNDS = 3
_TEXTS = 16
"""In a round, whatever the number of callers."""
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds for one direction and number of callers."""

    direction: str
    callers: int
    characters_per_s: float
    """Of source text."""
    p50_s: float
    """Of one call with one sentence."""


def measure(house: House) -> list[Row]:
    """Measure hi to en and en to hi; the numbers of callers take turns."""
    return [
        row
        for source, target in (("hi", "en"), ("en", "hi"))
        for row in asyncio.run(_measure(house, source, target))
    ]


def load_sentences(source: str, target: str) -> list[str]:
    """Return everyday sentences in `source`."""
    path = _SENTENCES / f"{source}-{target}.tsv"
    lines = path.read_text("utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


async def translate(
    client: httpx2.AsyncClient, house: House, text: str, source: str, target: str
) -> float:
    """Translate one text; return the seconds until the answer."""
    language = {"sourceLanguage": source, "targetLanguage": target}
    started = time.perf_counter()
    answer = await client.post(
        house.url("gateway") + "/api/v1/nmt/inference",
        headers={"authorization": house.key, "x-request-timeout-ms": "300000"},
        json={"input": [{"source": text}], "config": {"language": language}},
    )
    answer.raise_for_status()
    return time.perf_counter() - started


async def _measure(house: House, source: str, target: str) -> list[Row]:
    sentences = load_sentences(source, target)
    texts = [sentences[index % len(sentences)] for index in range(_TEXTS)]
    speeds: dict[int, list[float]] = {callers: [] for callers in _CALLERS}
    waits: dict[int, list[float]] = {callers: [] for callers in _CALLERS}
    async with httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
        await translate(client, house, texts[0], source, target)
        for _ in range(_ROUNDS):
            for callers in _CALLERS:
                started = time.perf_counter()
                waits[callers] += await _translate_all(
                    client, house, texts, (source, target), callers
                )
                elapsed = time.perf_counter() - started
                speeds[callers].append(sum(map(len, texts)) / elapsed)
    return [
        Row(
            f"{source} → {target}",
            callers,
            statistics.median(speeds[callers]),
            statistics.median(waits[callers]),
        )
        for callers in _CALLERS
    ]


async def _translate_all(
    client: httpx2.AsyncClient,
    house: House,
    texts: list[str],
    direction: tuple[str, str],
    callers: int,
) -> list[float]:
    left = list(texts)
    waits: list[float] = []

    async def work() -> None:
        while left:
            waits.append(await translate(client, house, left.pop(), *direction))

    await asyncio.gather(*(work() for _ in range(callers)))
    return waits
