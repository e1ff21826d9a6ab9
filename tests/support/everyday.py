"""Everyday sentences with numbers and addresses put into them, for whatever must keep those."""

import random
import re
from collections import Counter
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).resolve().parents[1] / "data" / "translation"
_KEPT: Final = (
    lambda rng: str(rng.randrange(2, 10)),
    lambda rng: str(rng.randrange(10, 100_000)),
    lambda rng: f"{rng.randrange(1, 99)},{rng.randrange(100, 999)}.{rng.randrange(10, 99)}",
    lambda rng: f"{rng.randrange(1, 100)}%",
    lambda rng: f"₹{rng.randrange(1, 9999)}",
    lambda rng: f"{rng.randrange(1, 29)}/{rng.randrange(1, 13)}/20{rng.randrange(10, 30)}",
    lambda rng: f"{rng.randrange(1, 13)}:{rng.randrange(10, 60)}",
    lambda rng: f"https://example.org/{rng.randrange(100)}?a={rng.randrange(10)}",
    lambda rng: f"http://www.example-{rng.randrange(10)}.in/a_b/{rng.randrange(1000)}",
)
_NUMBER: Final = re.compile(r"[0-9][0-9.,:/]*[0-9]|[0-9]")
_ADDRESS: Final = re.compile(r"https?://\S+")


def read_everyday(language: str) -> tuple[str, ...]:
    """Return the sentences that there are in a language."""
    return tuple(
        line.split("\t")[0]
        for path in sorted(_DATA.glob(f"{language}-*.tsv"))
        for line in path.read_text("utf-8").splitlines()
    )


def make_sentence(rng: random.Random, language: str) -> tuple[str, tuple[str, ...]]:
    """Return a sentence with one to three things between its words, and these."""
    words = rng.choice(read_everyday(language)).split()
    kept = tuple(rng.choice(_KEPT)(rng) for _ in range(rng.randrange(1, 4)))
    places = sorted(rng.sample(range(1, len(words)), min(len(kept), len(words) - 1)))
    for place, each in zip(reversed(places), reversed(kept[: len(places)]), strict=True):
        words.insert(place, each)
    return " ".join(words), kept[: len(places)]


def keeps(text: str, kept: tuple[str, ...]) -> bool:
    """Tell whether all of `kept` is in `text`, as often as it should be.

    Numbers within an address are a part of it.
    """
    addresses = [each for each in kept if _ADDRESS.fullmatch(each)]
    for address in addresses:
        if text.count(address) < addresses.count(address):
            return False
        text = text.replace(address, " ")
    wanted = Counter(
        _NUMBER.search(each)[0]  # type: ignore[index]  # each has a number
        for each in kept
        if each not in addresses
    )
    return not wanted - Counter(_NUMBER.findall(text))
