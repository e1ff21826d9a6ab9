import pytest

from ai4v.adapters.llama.attempt import Attempt, seek
from ai4v.kit.glossary import Hint

_LOOP = "টির " * 30


def _seek(
    answers: list[tuple[str, bool]],
    *,
    target: str = "bn",
    kept: tuple[str, ...] = (),
    hints: tuple[Hint, ...] = (),
) -> tuple[str, list[Attempt]]:
    """Answer attempt by attempt; the last answer stays."""
    made: list[Attempt] = []

    def ask(attempt: Attempt) -> tuple[str, bool]:
        made.append(attempt)
        return answers[min(len(made), len(answers)) - 1]

    return seek(ask, target, kept, hints)[0], made


def test_good_answer_is_asked_once() -> None:
    best, made = _seek([("আমার 5 ভাই", False)], kept=("5",))
    assert best == "আমার 5 ভাই"
    assert len(made) == 1


@pytest.mark.parametrize("second", [("ভাই", False), (_LOOP, True)])
def test_nothing_is_asked_twice(second: tuple[str, bool]) -> None:
    _, made = _seek([(_LOOP, True), second], kept=("5",))
    assert len(made) == len(set(made)) == 2
    assert made[1].is_penalized


def test_lossy_answer_is_asked_with_a_grammar_and_then_for_an_end() -> None:
    best, made = _seek([("my brother", False), ("5 " * 30, True)], target="en", kept=("5",))
    assert best == "my brother"
    assert [(each.is_held, each.is_strict, each.is_penalized) for each in made] == [
        (False, True, False),
        (True, True, False),
        (False, False, True),
    ]


def test_missing_words_are_pushed_and_the_better_answer_is_kept() -> None:
    hint = Hint("भाई", ("brother",))
    best, made = _seek([("my friend", False), ("friend", False)], target="en", hints=(hint,))
    assert best == "my friend"
    assert [each.pushed for each in made] == [(), (hint,)]
