import pytest

from ai4v.adapters.whisper.capability import declare
from ai4v.adapters.whisper.plan import LANGUAGE_CODES, make_plan
from ai4v.adapters.whisper.script import is_in_script, tidy
from ai4v.contracts.capability import Task, Tier
from ai4v.contracts.language import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGE_CODES)
def test_every_language_is_written_in_its_own_script(language: str) -> None:
    plan = make_plan(language, Task.TRANSCRIBE, respelled=frozenset())
    assert plan.script == LANGUAGES[language].script
    assert plan.scripts == (() if language == "en" else (plan.script,))
    assert not plan.is_respelled


def test_hindi_is_heard_in_arabic_letters_when_it_can_be_respelled() -> None:
    plan = make_plan("hi", Task.TRANSCRIBE, respelled=frozenset({"hi"}))
    assert (plan.script, plan.scripts, plan.is_respelled) == ("Deva", ("Arab",), True)


def test_translation_is_english() -> None:
    plan = make_plan("hi", Task.TRANSLATE_SPEECH, respelled=frozenset({"hi"}))
    assert (plan.script, plan.is_translation, plan.is_respelled) == ("Latn", True, False)


@pytest.mark.parametrize("language", ["en", "hi", "te"])
def test_the_length_of_a_text_is_bound_by_its_duration(language: str) -> None:
    plan = make_plan(language, Task.TRANSCRIBE, respelled=frozenset())
    short, medium, long = (plan.row_limit(each, prompt_tokens=3) for each in (1, 4, 30))
    assert short < medium < long <= 448
    assert plan.row_limit(1, prompt_tokens=30) == short + 27


def test_the_tiers_are_honest() -> None:
    tiers = {
        (offer.language, offer.task): offer.tier for offer in declare("base", has_lexicon=True)
    }
    neural = {key for key, tier in tiers.items() if tier is Tier.NEURAL}
    assert neural == {("en", Task.TRANSCRIBE), ("hi", Task.TRANSCRIBE)}
    assert ("en", Task.TRANSLATE_SPEECH) not in tiers
    bare = declare("base", has_lexicon=False)
    assert next(o for o in bare if o.language == "hi").tier is Tier.DEMO
    assert all(offer.note for offer in bare if offer.tier is Tier.DEMO)


@pytest.mark.parametrize(
    ("text", "script", "is_right"),
    [
        ("यह 12 है।", "Deva", True),
        ("यह ہے", "Deva", False),
        ("", "Deva", True),
        ("ok!", "Latn", True),
    ],
)
def test_script(text: str, script: str, *, is_right: bool) -> None:
    assert is_in_script(text, script) is is_right


def test_tidy() -> None:
    assert tidy("  a\n b ") == "a b"
