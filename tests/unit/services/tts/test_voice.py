import pytest

from ai4v.adapters.memory.synthesizer import make_info
from ai4v.contracts.capability import Tier
from ai4v.contracts.error import LanguageNotSupportedError, ValidationError
from ai4v.contracts.language import LANGUAGES
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerInfo
from ai4v.services.tts.voice import VoiceWish, choose_voice, default_choices, spoken_languages

_RULED = ("as", "bn", "gu", "kn", "kok", "ml", "mr", "ne", "or", "pa", "sd", "ta", "te", "ur")
_NEURAL = make_info(engine="neural", languages=("hi", "en"), tier=Tier.NEURAL)
_RULES = make_info(engine="rules", languages=("hi", "en", *_RULED), tier=Tier.RULE_BASED)


def _without(info: SynthesizerInfo, gender: Gender) -> SynthesizerInfo:
    voices = tuple(voice for voice in info.voices if voice.gender is not gender)
    return SynthesizerInfo(
        info.engine, info.model_id, info.rate_hz, info.max_characters, voices, info.capabilities
    )


def _voice(wish: VoiceWish, *infos: SynthesizerInfo) -> str:
    return choose_voice(wish, infos or (_NEURAL, _RULES)).speaker.voice.voice_id


def test_better_tier_goes_before_the_order_of_engines() -> None:
    assert _voice(VoiceWish("hi"), _RULES, _NEURAL) == "neural-hi-f"


def test_gender_is_found_with_a_lesser_engine() -> None:
    wish = VoiceWish("hi", gender=Gender.MALE)
    assert _voice(wish) == "neural-hi-m"
    assert _voice(wish, _without(_NEURAL, Gender.MALE), _RULES) == "rules-hi-m"


def test_gender_that_nobody_has_is_left_aside() -> None:
    women = (_without(_NEURAL, Gender.MALE), _without(_RULES, Gender.MALE))
    assert _voice(VoiceWish("hi", gender=Gender.MALE), *women) == "neural-hi-f"


def test_every_language_of_the_platform_is_spoken() -> None:
    choices = {item.reading.language.code: item for item in default_choices((_NEURAL, _RULES))}
    assert set(choices) == set(LANGUAGES)
    assert {code for code, choice in choices.items() if choice.tier is Tier.NEURAL} == {"hi", "en"}
    approximate = {code for code, choice in choices.items() if choice.tier is Tier.APPROXIMATE}
    assert approximate == {"brx", "doi", "ks", "mai", "mni", "sa", "sat"}
    for code in approximate:
        other = choices[code].reading.spoken_as
        assert other.name in str(choices[code].note)
        assert choices[code].reading.script == LANGUAGES[code].script


def test_without_voices_nothing_is_spoken() -> None:
    assert spoken_languages(()) == ()
    with pytest.raises(LanguageNotSupportedError):
        choose_voice(VoiceWish("hi"), ())


@pytest.mark.parametrize(
    ("code", "script", "spoken_as"),
    [
        ("ks", "Deva", "hi"),
        ("ks", "Arab", "ur"),
        ("ur", "Arab", "ur"),
        ("sd", "Arab", "sd"),
        ("sd", "Deva", "hi"),
        ("mni", "Beng", "bn"),
        ("sat", None, "hi"),
    ],
)
def test_script_decides_whose_voice(code: str, script: str | None, spoken_as: str) -> None:
    choice = choose_voice(VoiceWish(code, script), (_NEURAL, _RULES))
    assert choice.reading.spoken_as.code == spoken_as


def test_script_that_is_not_read_lists_those_that_are() -> None:
    with pytest.raises(ValidationError, match="possible: Aran, Deva"):
        choose_voice(VoiceWish("ks", "Latn"), (_NEURAL, _RULES))


def test_voice_by_name_speaks_for_approximations_too() -> None:
    assert _voice(VoiceWish("brx", voice_id="rules-hi-m")) == "rules-hi-m"


def test_name_that_is_wrong_is_told_where_it_was_said() -> None:
    wish = VoiceWish("ta", voice_id="rules-te-f", voice_path="config.speakerName")
    with pytest.raises(ValidationError, match="does not speak") as caught:
        choose_voice(wish, (_NEURAL, _RULES))
    assert [error.path for error in caught.value.errors] == ["config.speakerName"]
    assert "rules-ta-f, rules-ta-m" in caught.value.message
    with pytest.raises(ValidationError, match="no such voice"):
        choose_voice(VoiceWish("ta", voice_id="x"), (_NEURAL, _RULES))
