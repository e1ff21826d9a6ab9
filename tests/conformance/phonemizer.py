"""What every phonemizer must do."""

import asyncio
from collections.abc import Mapping

import pytest

from ai4v.ports.phonemizer import (
    Phonemizer,
    PhonemizerDeadlineError,
    PhonemizerUnavailableError,
)

LONG_S = 60.0
_SOON_S = 1e-6
_STOPS = ".,;:!?"

Words = Mapping[str, tuple[str, str, str]]


class PhonemizerConformance:
    """Subclass it with the fixtures `cold` (not loaded) and `words`.

    `words` gives, for two tags or more, three different words of that language.
    """

    @pytest.fixture
    async def phonemizer(self, cold: Phonemizer) -> Phonemizer:
        await cold.load()
        return cold

    async def test_its_tags_are_known_before_it_is_loaded(
        self, cold: Phonemizer, words: Words
    ) -> None:
        assert len(set(cold.tags)) == len(cold.tags)
        assert set(words) <= set(cold.tags)

    async def test_does_nothing_before_it_is_loaded(self, cold: Phonemizer, words: Words) -> None:
        with pytest.raises(PhonemizerUnavailableError):
            await cold.ping()
        with pytest.raises(PhonemizerUnavailableError):
            await cold.phonemize(["a"], next(iter(words)), timeout_s=LONG_S)

    async def test_loading_and_closing_again_changes_nothing(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        await phonemizer.load()
        await phonemizer.ping()
        await phonemizer.close()
        await phonemizer.close()
        with pytest.raises(PhonemizerUnavailableError):
            await phonemizer.ping()
        with pytest.raises(PhonemizerUnavailableError):
            await phonemizer.phonemize(["a"], next(iter(words)), timeout_s=LONG_S)

    async def test_results_are_in_order_and_independent_of_each_other(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        for tag, three in words.items():
            together = await phonemizer.phonemize(three, tag, timeout_s=LONG_S)
            alone = [
                (await phonemizer.phonemize([word], tag, timeout_s=LONG_S))[0] for word in three
            ]
            assert list(together) == alone
            assert len(set(together)) == 3
            assert all(together)

    async def test_words_are_apart_by_one_space(self, phonemizer: Phonemizer, words: Words) -> None:
        for tag, three in words.items():
            text = " {} \n\n  {}\t{}\r\n".format(*three)
            (spoken,) = await phonemizer.phonemize([text], tag, timeout_s=LONG_S)
            assert len(spoken.split(" ")) == 3
            assert spoken.split(" ") == spoken.split()

    async def test_punctuation_stays_where_it_was(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        for tag, (one, two, three) in words.items():
            text = f"{one}, {two}; {three}: {one}! {two}? {three}."
            (spoken,) = await phonemizer.phonemize([text], tag, timeout_s=LONG_S)
            parts = spoken.split(" ")
            assert "".join(part[-1] for part in parts) == ",;:!?."
            assert all(part.strip(_STOPS) == part[:-1] for part in parts)

    async def test_the_danda_is_a_full_stop(self, phonemizer: Phonemizer, words: Words) -> None:
        for tag, (one, two, _) in words.items():
            (spoken,) = await phonemizer.phonemize([f"{one} । {two}॥"], tag, timeout_s=LONG_S)
            assert [part[-1] for part in spoken.split(" ")] == [".", "."]

    @pytest.mark.parametrize("text", ["", "  \n\t ", "...", "।", "?! —", "\u200d\u200b"])
    async def test_text_without_anything_to_say_is_empty(
        self, phonemizer: Phonemizer, words: Words, text: str
    ) -> None:
        for tag, (one, *_) in words.items():
            spoken = await phonemizer.phonemize([text, one], tag, timeout_s=LONG_S)
            assert spoken[0] == ""
            assert spoken[1]

    async def test_foreign_words_bring_no_marks(self, phonemizer: Phonemizer, words: Words) -> None:
        for tag, (one, two, _) in words.items():
            text = f"{one} hello {two} नमस्ते வணக்கம் [[x]] (y) {one}"
            (spoken,) = await phonemizer.phonemize([text], tag, timeout_s=LONG_S)
            assert not set(spoken) & set("()[]_\n")
            assert len(spoken.split(" ")) >= 6

    @pytest.mark.parametrize("text", ["\0", "a\0b", "\x1b[31m", "\ue000\uf8ff", "<b/>", "a" * 300])
    async def test_strange_text_leaves_it_usable(
        self, phonemizer: Phonemizer, words: Words, text: str
    ) -> None:
        for tag, (one, *_) in words.items():
            expected = await phonemizer.phonemize([one], tag, timeout_s=LONG_S)
            (_, after) = await phonemizer.phonemize([text, one], tag, timeout_s=LONG_S)
            assert (after,) == expected

    async def test_nothing_asked_is_nothing_answered(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        assert await phonemizer.phonemize([], next(iter(words)), timeout_s=LONG_S) == ()

    @pytest.mark.parametrize("tag", ["xx", "", "HI", "hi;en"])
    async def test_a_tag_it_does_not_know_is_refused(
        self, phonemizer: Phonemizer, tag: str
    ) -> None:
        with pytest.raises(ValueError, match="language"):
            await phonemizer.phonemize(["a"], tag, timeout_s=LONG_S)

    async def test_concurrent_calls_get_their_own_results(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        calls = [(word, tag) for tag, three in words.items() for word in three]
        alone = [await phonemizer.phonemize([word], tag, timeout_s=LONG_S) for word, tag in calls]
        together = await asyncio.gather(
            *(phonemizer.phonemize([word], tag, timeout_s=LONG_S) for word, tag in calls)
        )
        assert together == alone

    async def test_a_deadline_that_passes_is_told_and_harms_nobody(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        tag, three = next(iter(words.items()))
        patient = asyncio.create_task(phonemizer.phonemize(three, tag, timeout_s=LONG_S))
        with pytest.raises(PhonemizerDeadlineError):
            await phonemizer.phonemize(three, tag, timeout_s=_SOON_S)
        assert all(await patient)
        assert all(await phonemizer.phonemize(three, tag, timeout_s=LONG_S))

    async def test_cancelling_one_caller_harms_no_other(
        self, phonemizer: Phonemizer, words: Words
    ) -> None:
        tag, three = next(iter(words.items()))
        calls = [
            asyncio.create_task(phonemizer.phonemize([word], tag, timeout_s=LONG_S))
            for word in three
        ]
        await asyncio.sleep(0)
        calls[0].cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        assert all(isinstance(each, tuple) and each[0] for each in done[1:])
