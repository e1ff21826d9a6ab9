"""What every language identifier must do."""

import asyncio
import unicodedata

import pytest

from ai4v.contracts.capability import Task
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.languageid import LanguageGuess, LanguageIdentifier

_ALONE = {
    "gu": "હું કાલે બજારમાં જઈશ અને શાકભાજી લાવીશ.",
    "kn": "ನಾನು ನಾಳೆ ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗಿ ತರಕಾರಿ ತರುತ್ತೇನೆ.",
    "ml": "ഞാൻ നാളെ ചന്തയിൽ പോയി പച്ചക്കറി വാങ്ങും.",
    "or": "ମୁଁ କାଲି ବଜାରକୁ ଯାଇ ପରିବା ଆଣିବି। ଓଡ଼ିଆ",
    "pa": "ਮੈਂ ਕੱਲ੍ਹ ਬਾਜ਼ਾਰ ਜਾ ਕੇ ਸਬਜ਼ੀ ਲਿਆਵਾਂਗਾ।",
    "sat": "ᱡᱚᱦᱟᱨ ᱟᱢᱟᱜ ᱧᱩᱛᱩᱢ ᱪᱮᱫ ᱠᱟᱱᱟ",
    "ta": "நான் நாளை சந்தைக்குச் சென்று காய்கறி வாங்குவேன்.",
    "te": "నేను రేపు బజారుకు వెళ్లి కూరగాయలు తెస్తాను.",
}
"""Languages that have a script to themselves."""
_SHARED = {
    "Beng": "আমি কাল বাজারে যাব এবং সবজি আনব।",
    "Deva": "मैं कल बाज़ार जाऊँगा और सब्ज़ी लाऊँगा।",
    "Arab": "میں کل بازار جاؤں گا اور سبزی لاؤں گا۔",
    "Latn": "I will go to the market tomorrow and buy vegetables.",
}
_WITHOUT_LETTERS = (
    "", " \n\t", "123 45", "१२३ ১২৩ ௧௨௩", "۱۲۳", "...।॥?!", "😀👍🏽", "\0", "\ud800", "\u200d",
    "你好 Привет",
)  # fmt: skip


def _is_written_in(language: str, script: str) -> bool:
    written = (LANGUAGES[language].script, *LANGUAGES[language].other_scripts)
    return any(SCRIPTS[code].ranges == SCRIPTS[script].ranges for code in written)


class LanguageIdConformance:
    """Subclass it with the fixture `identifier`, one that is not loaded."""

    async def test_says_what_it_can_before_it_is_loaded(
        self, identifier: LanguageIdentifier
    ) -> None:
        before = identifier.info
        offers = before.capabilities
        assert offers
        assert {offer.task for offer in offers} == {Task.DETECT_LANGUAGE}
        assert not {offer.language for offer in offers} - LANGUAGES.keys()
        assert len({offer.language for offer in offers}) == len(offers)
        assert {offer.engine for offer in offers} == {before.engine}
        await identifier.load()
        assert identifier.info == before
        await identifier.close()

    async def test_must_be_loaded(self, identifier: LanguageIdentifier) -> None:
        with pytest.raises(ServiceUnavailableError):
            await identifier.ping()
        with pytest.raises(ServiceUnavailableError):
            await identifier.identify(["text"])
        await identifier.close()
        await identifier.load()
        await identifier.load()
        await identifier.ping()
        assert len(await identifier.identify(["text"])) == 1
        await identifier.close()
        await identifier.close()
        with pytest.raises(ServiceUnavailableError):
            await identifier.ping()
        with pytest.raises(ServiceUnavailableError):
            await identifier.identify(["text"])

    async def test_a_script_of_one_language_decides(self, identifier: LanguageIdentifier) -> None:
        await identifier.load()
        answers = await identifier.identify(list(_ALONE.values()))
        assert {guesses[0].language: guesses[0].script for guesses in answers} == {
            language: LANGUAGES[language].script for language in _ALONE
        }
        await identifier.close()

    async def test_guesses_keep_their_promises(self, identifier: LanguageIdentifier) -> None:
        await identifier.load()
        offered = {offer.language for offer in identifier.info.capabilities}
        texts = [*_ALONE.values(), *_SHARED.values()]
        for guesses in await identifier.identify(texts):
            assert guesses
            scores = [guess.score for guess in guesses]
            assert all(0 <= score <= 1 for score in scores)
            assert sum(scores) <= 1 + 1e-6
            assert scores == sorted(scores, reverse=True)
            assert len({guess.language for guess in guesses}) == len(guesses)
            assert {guess.language for guess in guesses} <= offered
        await identifier.close()

    async def test_only_languages_of_the_script_are_guessed(
        self, identifier: LanguageIdentifier
    ) -> None:
        await identifier.load()
        answers = await identifier.identify(list(_SHARED.values()))
        for script, guesses in zip(_SHARED, answers, strict=True):
            for guess in guesses:
                assert SCRIPTS[guess.script].ranges == SCRIPTS[script].ranges
                assert _is_written_in(guess.language, guess.script)
        await identifier.close()

    async def test_the_script_of_most_letters_decides(self, identifier: LanguageIdentifier) -> None:
        await identifier.load()
        answers = await identifier.identify(
            [f"ok {_ALONE['ta']} 👍 12", f"நான் {_ALONE['gu']}", f"{_ALONE['gu']} नहीं"]
        )
        assert [guesses[0].language for guesses in answers] == ["ta", "gu", "gu"]
        await identifier.close()

    async def test_without_letters_nothing_is_guessed(self, identifier: LanguageIdentifier) -> None:
        await identifier.load()
        assert await identifier.identify(_WITHOUT_LETTERS) == ((),) * len(_WITHOUT_LETTERS)
        assert await identifier.identify([]) == ()
        await identifier.close()

    async def test_answers_come_in_order_and_calls_do_not_mix(
        self, identifier: LanguageIdentifier
    ) -> None:
        await identifier.load()
        texts = [_ALONE["te"], "", _SHARED["Latn"], _ALONE["kn"], _ALONE["te"]]
        alone = [(await identifier.identify([text]))[0] for text in texts]
        assert await identifier.identify(texts) == tuple(alone)
        many = await asyncio.gather(*(identifier.identify([text]) for text in texts * 5))
        assert [guesses for (guesses,) in many] == alone * 5
        await identifier.close()

    @pytest.mark.parametrize("language", ["or", "pa", "ml"])
    async def test_the_way_marks_are_encoded_changes_nothing(
        self, identifier: LanguageIdentifier, language: str
    ) -> None:
        await identifier.load()
        forms = [unicodedata.normalize(form, _ALONE[language]) for form in ("NFC", "NFD")]
        composed, apart = await identifier.identify(forms)
        assert composed == apart
        await identifier.close()

    async def test_long_and_odd_texts_are_taken(self, identifier: LanguageIdentifier) -> None:
        await identifier.load()
        odd = [
            "अ" * 100_000,
            f"{_ALONE['ta']} " * 2_000,
            "\0क\0",
            "\ud800క",
            "क्ष\u200d़़़",
            "a" * 100_000,
        ]
        async with asyncio.timeout(10):
            answers = await identifier.identify(odd)
        assert all(isinstance(guesses[0], LanguageGuess) for guesses in answers)
        assert [guesses[0].script for guesses in answers] == [
            "Deva", "Taml", "Deva", "Telu", "Deva", "Latn",
        ]  # fmt: skip
        await identifier.close()
