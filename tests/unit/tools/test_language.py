from dataclasses import replace

import pytest

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerInfo, Voice
from ai4v.services.tts.voice import VoiceWish, choose_voice
from tools.language import Offers, render, report


def offer(task: Task, language: str, tier: Tier, target: str | None = None) -> Capability:
    return Capability(
        task=task,
        language=language,
        target_language=target,
        tier=tier,
        engine="engine",
        model_id="model",
        note=f"About {task.value}.",
    )


INFO = SynthesizerInfo(
    engine="engine",
    model_id="model",
    rate_hz=24_000,
    max_characters=100,
    voices=(Voice("asha", "Asha", Gender.FEMALE, ("hi",)),),
    capabilities=(offer(Task.SYNTHESIZE, "hi", Tier.NEURAL),),
)
OFFERS = Offers(
    capabilities=(
        offer(Task.TRANSCRIBE, "hi", Tier.NEURAL),
        offer(Task.TRANSLATE_SPEECH, "hi", Tier.DEMO),
        offer(Task.TRANSLATE, "hi", Tier.DEMO, "ta"),
        offer(Task.TRANSLATE, "hi", Tier.NEURAL, "en"),
        offer(Task.TRANSLATE, "hi", Tier.DEMO, "bn"),
        offer(Task.DETECT_LANGUAGE, "hi", Tier.RULE_BASED),
    ),
    choices=(
        choose_voice(VoiceWish("hi"), (INFO,)),
        choose_voice(VoiceWish("ks", "Deva"), (INFO,)),
    ),
)


def cells(code: str) -> list[str]:
    (row,) = (line for line in render(OFFERS).splitlines() if line.startswith(f"| `{code}`"))
    return [cell.strip() for cell in row.strip("|").split("|")][3:]


def test_language_has_what_is_declared() -> None:
    into = "neural: en; demo: bn ta"
    assert cells("hi") == ["neural", "demo", into, "neural: engine, `asha`", "rule-based"]


def test_what_is_not_declared_is_nothing() -> None:
    assert cells("or") == ["–"] * 5


def test_other_script_is_told() -> None:
    assert cells("ks")[3] == "in Devanagari approximate: engine, `asha`"


def test_every_language_has_a_row() -> None:
    rows = [line for line in render(OFFERS).splitlines() if line.startswith("| `")]
    assert len(rows) == len(LANGUAGES) == 23


def test_notes_name_their_languages() -> None:
    page = render(OFFERS)
    assert "- Translation, hi-ta hi-en hi-bn: About translation.\n" in page
    assert "- Speech output, hi: About tts.\n" in page


def test_engines_are_named_by_task() -> None:
    page = render(replace(OFFERS, choices=()))
    assert "- Speech to text: model (engine)\n" in page
    assert "- Speech output: –\n" in page


def test_stale_page_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("one\ntwo\n", "one\ntwo\n") == 0
    assert report("one\ntwo\n", "one\n") == 1
    shown = capsys.readouterr().out
    assert "+two" in shown
    assert "make languages" in shown
