import pytest

from ai4v.adapters.memory.languageid import MemoryLanguageIdentifier
from ai4v.ports.languageid import LanguageIdentifier
from tests.conformance.languageid import LanguageIdConformance


class TestMemoryLanguageIdentifier(LanguageIdConformance):
    @pytest.fixture
    def identifier(self) -> LanguageIdentifier:
        return MemoryLanguageIdentifier()
