import pytest

from ai4v.adapters.memory.numberspeller import MemoryNumberSpeller
from ai4v.ports.numberspeller import NumberSpeller
from tests.conformance.numberspeller import NumberSpellerConformance


class TestMemoryNumberSpeller(NumberSpellerConformance):
    @pytest.fixture
    def speller(self) -> NumberSpeller:
        return MemoryNumberSpeller()

    def test_reads_digit_by_digit(self, speller: NumberSpeller) -> None:
        assert speller.spell(205, "en") == "two zero five"
