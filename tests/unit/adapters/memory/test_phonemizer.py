"""The phonemizer that gives letters back."""

import pytest

from ai4v.adapters.memory.phonemizer import MemoryPhonemizer
from tests.conformance.phonemizer import LONG_S, PhonemizerConformance, Words


class TestMemoryPhonemizer(PhonemizerConformance):
    @pytest.fixture
    def cold(self) -> MemoryPhonemizer:
        return MemoryPhonemizer(seconds_per_call=0.001)

    @pytest.fixture
    def words(self) -> Words:
        return {"hi": ("नमस्ते", "दुनिया", "आज"), "en-US": ("Good", "morning", "world")}


async def test_letters_are_their_own_phonemes() -> None:
    phonemizer = MemoryPhonemizer(tags=("en-GB",))
    await phonemizer.load()
    spoken = await phonemizer.phonemize(["Oh ,  No!"], "en-GB", timeout_s=LONG_S)
    assert spoken == ("oh, no!",)
