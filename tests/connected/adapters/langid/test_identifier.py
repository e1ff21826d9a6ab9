import pytest

from ai4v.adapters.langid.identifier import LangidIdentifier
from ai4v.ports.languageid import LanguageIdentifier
from tests.conformance.languageid import LanguageIdConformance
from tests.support.language_corpus import measure
from tests.support.speech_corpus import LEXICON_DIR

pytestmark = pytest.mark.connected

_FLOORS = {"brx": 0.9, "doi": 0.9, "kok": 0.8}
"""0.95 for all others."""


class TestLangidIdentifier(LanguageIdConformance):
    @pytest.fixture
    def identifier(self) -> LanguageIdentifier:
        return LangidIdentifier(LEXICON_DIR)


async def test_languages_are_told_apart() -> None:
    identifier = LangidIdentifier(LEXICON_DIR)
    await identifier.load()
    shares = await measure(identifier)
    await identifier.close()
    assert not {code: share for code, share in shares.items() if share < _FLOORS.get(code, 0.95)}
