"""Numbers and addresses are kept in every direction, whatever the engine does with them."""

import random
import re
from collections import Counter

import pytest

from ai4v.adapters.memory.translator import memory_info
from ai4v.contracts.language import LANGUAGES
from ai4v.services.nmt.direction import Direction, DirectionTable
from ai4v.services.nmt.judgement import is_in_script
from ai4v.services.nmt.protection import count_kept
from ai4v.services.nmt.rendering import render_text
from tests.support.wording import ENGINES, add_digits, make_sentence, run

pytestmark = pytest.mark.no_cover  # so much text takes ten times as long when it is traced

_LIMIT = 300
_TABLE = DirectionTable.of(memory_info())
_DIRECTIONS = [pytest.param(each, id=f"{each.source}-{each.target}") for each in _TABLE.directions]
_SENTENCES = 200


def _digits(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+", text))


@pytest.mark.parametrize("direction", _DIRECTIONS)
def test_what_is_kept_is_there_as_often_as_it_was(direction: Direction) -> None:
    rng = random.Random(f"{direction.source}{direction.target}")  # noqa: S311 - tests, not secrets
    for number in range(_SENTENCES):
        engine = ENGINES[number % len(ENGINES)]
        text, kept = make_sentence(rng, direction.source)
        target = run(render_text(text, direction, limit=_LIMIT), engine)[0].text
        assert {each: target.count(each) for each in kept} == {
            each: text.count(each) for each in kept
        }
        assert _digits(target) == _digits(text)
        assert is_in_script(target, LANGUAGES[direction.target].script, kept)


@pytest.mark.parametrize("direction", _DIRECTIONS)
def test_digits_that_an_engine_adds_are_no_other_number(direction: Direction) -> None:
    rng = random.Random(f"{direction.source}{direction.target}")  # noqa: S311 - tests, not secrets
    for _ in range(_SENTENCES):
        text, kept = make_sentence(rng, direction.source)
        target = run(render_text(text, direction, limit=_LIMIT), add_digits)[0].text
        assert count_kept(target, kept) == count_kept(text, kept)
