import pytest

from ai4v.adapters.memory.translator import memory_info
from ai4v.contracts.error import LanguageNotSupportedError, ValidationError
from ai4v.contracts.nmt import NmtConfig
from ai4v.contracts.ulca import ControlConfig
from ai4v.ports.languageid import LanguageGuess
from ai4v.services.nmt.direction import DirectionTable
from ai4v.services.nmt.plan import choose_directions, make_plan

_TABLE = DirectionTable.of(memory_info())


def _config(source: str, target: str, **changes: object) -> NmtConfig:
    language = {"sourceLanguage": source, "targetLanguage": target}
    return NmtConfig.model_validate({"language": language, **changes})


def _guesses(*languages: str) -> tuple[LanguageGuess, ...]:
    return tuple(LanguageGuess(each, "Deva", 1 / len(languages)) for each in languages)


@pytest.mark.parametrize("source", ["auto", "en", "bn"])
def test_way_of_the_texts(source: str) -> None:
    plan = make_plan(_config(source, "hi"), ControlConfig(), _TABLE, "m")
    assert plan.target == "hi"
    assert (plan.direction is None) is (source == "auto")


@pytest.mark.parametrize(
    ("source", "target", "name"),
    [
        ("xx", "hi", "source"),
        ("ur", "hi", "source"),
        ("en", "ta", "target"),
        ("auto", "ta", "target"),
    ],
)
def test_refusal_names_the_place(source: str, target: str, name: str) -> None:
    with pytest.raises(LanguageNotSupportedError) as caught:
        make_plan(_config(source, target), ControlConfig(), _TABLE, "m")
    assert [error.path for error in caught.value.errors] == [f"config.language.{name}Language"]


def test_unknown_model() -> None:
    with pytest.raises(ValidationError, match="m, ai4bharat"):
        make_plan(_config("en", "hi", serviceId="x"), ControlConfig(), _TABLE, "m")


@pytest.mark.parametrize(
    ("guesses", "source"),
    [
        (("bn",), "bn"),
        (("hi", "bn"), "hi"),
        (("sat", "bn"), "bn"),
        (("ne", "hi", "mr"), "mr"),
    ],
)
def test_likeliest_language_with_a_way_is_taken(guesses: tuple[str, ...], source: str) -> None:
    (way,) = choose_directions("hi", [_guesses(*guesses)], _TABLE)
    assert way.source == source


@pytest.mark.parametrize("guesses", [(), ("sat",), ("ne", "hi")])
def test_text_without_a_way_is_named(guesses: tuple[str, ...]) -> None:
    with pytest.raises(LanguageNotSupportedError) as caught:
        choose_directions("hi", [_guesses("en"), _guesses(*guesses)], _TABLE)
    assert [error.path for error in caught.value.errors] == ["input.1.source"]
