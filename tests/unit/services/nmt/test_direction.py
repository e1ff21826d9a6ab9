from ai4v.adapters.memory.translator import memory_info
from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.ports.translator import TranslatorInfo
from ai4v.services.nmt.direction import Direction, DirectionTable, Leg


def _info(*offers: tuple[str, str, Tier]) -> TranslatorInfo:
    capabilities = tuple(
        Capability(
            task=Task.TRANSLATE,
            language=source,
            target_language=target,
            tier=tier,
            engine="e",
            model_id="m",
        )
        for source, target, tier in offers
    )
    return TranslatorInfo("e", "m", 300, capabilities)


_INFO = _info(
    ("hi", "en", Tier.NEURAL),
    ("bn", "en", Tier.NEURAL),
    ("ur", "en", Tier.NONE),
    ("en", "hi", Tier.DEMO),
    ("en", "ta", Tier.NONE),
    ("hi", "ur", Tier.NEURAL),
    ("en", "ur", Tier.DEMO),
)
_TABLE = DirectionTable.of(_INFO)


def test_directions_are_the_engines_own_and_those_through_english() -> None:
    assert [(each.source, each.target, each.tier) for each in _TABLE.directions] == [
        ("bn", "en", Tier.NEURAL),
        ("bn", "hi", Tier.DEMO),
        ("bn", "ur", Tier.DEMO),
        ("en", "hi", Tier.DEMO),
        ("en", "ur", Tier.DEMO),
        ("hi", "en", Tier.NEURAL),
        ("hi", "ur", Tier.NEURAL),
    ]


def test_way_through_english_says_so() -> None:
    way = _TABLE.find("bn", "hi")
    assert way is not None
    assert way.legs == (Leg("bn", "en"), Leg("en", "hi"))
    assert "nglish" in (way.note or "")


def test_same_language_needs_no_engine() -> None:
    assert _TABLE.find("sat", "sat") == Direction("sat", "sat", (), Tier.NONE)
    assert _TABLE.find("xx", "xx") is None


def test_no_way() -> None:
    assert _TABLE.find("hi", "ta") is None
    assert _TABLE.find("ur", "en") is None


def test_ends_of_the_ways() -> None:
    assert _TABLE.targets("bn") == ("en", "hi", "ur")
    assert _TABLE.sources("hi") == ("bn", "en")
    assert _TABLE.targets("ta") == ()


def test_capabilities_tell_of_both() -> None:
    offers = _TABLE.capabilities(_INFO)
    assert offers[: len(_INFO.capabilities)] == _INFO.capabilities
    rest = [(offer.language, offer.target_language, offer.tier) for offer in offers[7:]]
    assert rest == [("bn", "hi", Tier.DEMO), ("bn", "ur", Tier.DEMO)]


def test_engine_that_does_nothing() -> None:
    assert DirectionTable.of(memory_info([])).directions == ()
