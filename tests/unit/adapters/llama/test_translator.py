"""What is decided before a process is started."""

from pathlib import Path

import pytest

from ai4v.adapters.llama.engine import most_answered, order_kept
from ai4v.adapters.llama.translator import LlamaOptions, LlamaTranslator
from ai4v.adapters.llama.worker import TranslateReply
from ai4v.contracts.capability import Tier
from ai4v.ports.translator import Passage, Translation, TranslatorUnavailableError
from tests.support.worker import ScriptedWorker


def test_is_made_of_a_url() -> None:
    translator = LlamaTranslator.of_url("llama://gemma-3-270m?threads=1", Path("models"))
    assert translator.info.model_id == "gemma-3-270m"
    assert translator.info.engine == "llama"
    assert translator.pids == ()


@pytest.mark.parametrize(
    "url", ["whisper://base", "llama://", "llama://m?slots=1", "llama://m?threads=0", "llama://m?x"]
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        LlamaTranslator.of_url(url, Path("models"))


def test_what_is_weak_is_called_a_demo() -> None:
    offers = LlamaTranslator.of_url("llama://m", Path("models")).info.capabilities
    tiers = {(offer.language, offer.target_language): offer.tier for offer in offers}
    assert tiers.pop(("hi", "en")) in (Tier.NEURAL, Tier.DEMO)
    assert set(tiers.values()) == {Tier.DEMO}
    assert all(offer.note for offer in offers)


async def test_a_lone_surrogate_is_refused() -> None:
    translator = LlamaTranslator.of_url("llama://m", Path("models"))
    with pytest.raises(ValueError, match="Unicode"):
        await translator.translate([Passage("a\ud800", "en", "hi")], timeout_s=1)
    with pytest.raises(TranslatorUnavailableError):
        await translator.translate([Passage("a", "en", "hi")], timeout_s=1)


@pytest.mark.parametrize("failure", [ValueError("refused"), KeyError("a bug")])
async def test_what_one_passage_fails_by_ends_nothing_for_the_next(failure: Exception) -> None:
    done = Translation("नमस्ते", is_whole=True)
    worker = ScriptedWorker(failure, TranslateReply(done))
    translator = LlamaTranslator(LlamaOptions(Path("models/m/gemma.gguf")), [worker])
    await translator.load()
    with pytest.raises(TranslatorUnavailableError):
        await translator.translate([Passage("hello", "en", "hi")], timeout_s=5)
    assert await translator.translate([Passage("hello", "en", "hi")], timeout_s=5) == (done,)
    await translator.close()


@pytest.mark.parametrize(
    ("text", "keep", "ordered"),
    [
        ("7 or 5", ("5", "7"), ("7", "5")),
        ("see a.example/5 by 5", ("5", "a.example/5"), ("a.example/5", "5")),
        ("5 and 5", ("5", "5"), ("5", "5")),
        ("none", ("5", "", " ", "\0"), ()),
    ],
)
def test_what_is_kept_is_put_in_the_order_of_the_text(
    text: str, keep: tuple[str, ...], ordered: tuple[str, ...]
) -> None:
    assert order_kept(text, keep) == ordered


@pytest.mark.parametrize(
    ("text", "kept", "most"),
    [("a" * 50, (), 46), ("5" * 20 + "a" * 50, ("5" * 20,), 66), ("a" * 600, (), 300)],
)
def test_answer_is_bounded_by_its_source(text: str, kept: tuple[str, ...], most: int) -> None:
    assert most_answered(text, kept) == most
