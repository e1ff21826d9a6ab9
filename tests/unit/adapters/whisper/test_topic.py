"""What the model is told before it translates, and which answer is taken."""

import math

import pytest

from ai4v.adapters.whisper.topic import Topic, find_topic


@pytest.fixture
def topic() -> Topic:
    found = find_topic("किसान बारिश में काम करते हैं", "hi")
    assert found is not None
    return found


def test_the_opening_names_the_words_that_the_glossary_knows(topic: Topic) -> None:
    assert topic.opening == "A sentence about farmer, rain, work."


@pytest.mark.parametrize(("transcript", "language"), [("", "hi"), ("झझझ", "hi"), ("किसान", "ne")])
def test_nothing_known_is_no_topic(transcript: str, language: str) -> None:
    assert find_topic(transcript, language) is None


def test_an_answer_that_says_more_may_be_less_likely(topic: Topic) -> None:
    likely = topic.rate("The farmers gain in the game.", -0.5)
    assert topic.rate("The farmers work in the rain.", -0.7) > likely
    assert topic.rate("The farmers work in the rain.", -1.0) < likely


def test_the_opening_itself_is_no_answer(topic: Topic) -> None:
    assert topic.rate(topic.opening, -0.1) == -math.inf
