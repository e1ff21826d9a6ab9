"""Sentences with things to be kept, and engines that do everything wrong with them."""

import random
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.translator import Passage, Translation
from ai4v.services.nmt.rendering import Asking

_T = TypeVar("_T")
Engine = Callable[[Passage], Translation]

_KEPT = (
    lambda rng: str(rng.randrange(10)),
    lambda rng: str(rng.randrange(10, 100_000)),
    lambda rng: f"{rng.randrange(1, 99)},{rng.randrange(100, 999)}.{rng.randrange(10, 99)}",
    lambda rng: f"{rng.randrange(100)}%",
    lambda rng: f"₹{rng.randrange(1, 9999)}",
    lambda rng: f"{rng.randrange(1, 29)}/{rng.randrange(1, 13)}/20{rng.randrange(10, 30)}",
    lambda rng: f"{rng.randrange(1, 13)}:{rng.randrange(10, 60)}",
    lambda rng: "".join(rng.choices("०१२३४५६७८९", k=3)),
    lambda rng: f"+91 {rng.randrange(10_000, 99_999)} {rng.randrange(10_000, 99_999)}",
    lambda rng: f"https://example.org/{rng.randrange(100)}?a={rng.randrange(10)}",
    lambda rng: f"www.example-{rng.randrange(10)}.in",
    lambda rng: f"name.{rng.randrange(10)}@example.org",
    lambda rng: f"#tag{rng.randrange(10)}",
    lambda rng: f"ABC-{rng.randrange(10, 999)}",
    lambda rng: rng.choice("😀🙏🎉"),
    lambda rng: rng.choice(("{name}", "%s", "<b>")),
)
_ENDS = (".", "!", "?", "", " -", ")", ",")


def make_sentence(rng: random.Random, language: str) -> tuple[str, tuple[str, ...]]:
    """Return a sentence of made-up words, and what in it is to be kept."""
    script = SCRIPTS[LANGUAGES[language].script]
    first, last = script.ranges[0]
    letters = [chr(point) for point in range(first, last + 1) if chr(point).isalpha()]
    tokens, kept = [], []
    for _ in range(rng.randrange(1, 5)):
        tokens += ["".join(rng.choices(letters, k=rng.randrange(2, 8))) for _ in range(3)]
        kept.append(rng.choice(_KEPT)(rng))
        tokens.append(kept[-1])
    if rng.random() < 0.5:
        tokens.append("".join(rng.choices(letters, k=4)))
    return " ".join(tokens) + rng.choice(_ENDS), tuple(kept)


def run(asking: Asking[_T], engine: Engine) -> tuple[_T, list[tuple[Passage, ...]]]:
    """Carry a rendering out; return its result, and what was asked in each round."""
    rounds: list[tuple[Passage, ...]] = []
    try:
        wanted = next(asking)
        while True:
            rounds.append(wanted)
            wanted = asking.send(tuple(engine(passage) for passage in wanted))
    except StopIteration as end:
        result: _T = end.value
        return result, rounds


def _letters(language: str) -> str:
    first, last = SCRIPTS[LANGUAGES[language].script].ranges[0]
    return "".join(chr(point) for point in range(first, last + 1) if chr(point).isalpha())


def respell(passage: Passage) -> Translation:
    """Translate as a good engine does: what is to be kept stays, in its place."""
    kept = "|".join(map(re.escape, sorted(passage.keep, key=len, reverse=True)))
    pieces = re.split(f"({kept})", passage.text) if kept else [passage.text]
    letters = _letters(passage.target)
    return Translation(
        "".join(
            piece
            if place % 2
            else "".join(
                letters[ord(each) % len(letters)] if each.isalpha() else each for each in piece
            )
            for place, piece in enumerate(pieces)
        ),
        is_whole=True,
    )


def _changed(passage: Passage, change: Callable[[str, Sequence[str]], str]) -> Translation:
    return Translation(change(respell(passage).text, passage.keep), is_whole=True)


def drop(passage: Passage) -> Translation:
    return _changed(passage, lambda text, _: re.sub(r"\S*[^\W\d_]?[\d:/@#%]\S*", "", text))


def double(passage: Passage) -> Translation:
    return _changed(passage, lambda text, keep: " ".join((text, *keep)))


def change_digits(passage: Passage) -> Translation:
    table = str.maketrans("0123456789", "1234567890")
    return _changed(passage, lambda text, _: text.translate(table))


def add_digits(passage: Passage) -> Translation:
    return _changed(passage, lambda text, _: f"5{text}5 7.5")


def glue(passage: Passage) -> Translation:
    return _changed(passage, lambda text, _: text.replace(" ", ""))


def bring_native_digits(passage: Passage) -> Translation:
    table = str.maketrans("0123456789", "०१२३४५६७८९")
    return _changed(passage, lambda text, _: text.translate(table))


def break_lines(passage: Passage) -> Translation:
    return _changed(passage, lambda text, _: text.replace(" ", "\n\n") + "\r\n")


ENGINES: tuple[Engine, ...] = (
    respell,
    drop,
    double,
    change_digits,
    glue,
    bring_native_digits,
    break_lines,
)
"""None of these adds a digit that was not in the text."""
