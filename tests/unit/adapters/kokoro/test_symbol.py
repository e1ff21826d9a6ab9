import pytest

from ai4v.adapters.kokoro.symbol import to_symbols

_SIGNS = (
    ';:,.!?—…"()“” \u0303ʣʥʦʨᵝꭧAIOQSTWYᵊabcdefhijklmnopqrstuvwxyzɑɐɒæβɔɕçɖðʤəɚɛɜɟɡɥɨɪʝɯɰŋɳɲɴøɸθœ'
    "ɹɾɻʁɽʂʃʈʧʊʋʌɣɤχʎʒʔˈˌːʰʲ↓→↗↘ᵻ"
)
_VOCABULARY = {sign: number for number, sign in enumerate(_SIGNS, 1)}


@pytest.mark.parametrize(
    ("tag", "phonemes", "symbols"),
    [
        ("en-US", "ɪɾ ɪz kˈoʊld aʊtsˈaɪd.", "ɪT ɪz kˈOld WtsˈId."),
        ("en-US", "ðə tʃˈɪldɹən ɑːɹ plˈeɪɪŋ", "ðə ʧˈɪldɹən ɑɹ plˈAɪŋ"),
        ("en-US", "dʒˈʌdʒ bˈɔɪ nˈɜːs fˈɜːðɚ mˈɪɹɚɹ", "ʤˈʌʤ bˈY nˈɜɹs fˈɜɹðəɹ mˈɪɹəɹ"),
        ("en-US", "ɐ lˈɪɾəl bˈʌʔn̩?", "ə lˈɪTᵊl bˈʌtᵊn?"),
        ("en-GB", "aɪ ɡˌəʊ hˈəʊm, ðˈeə nˌiə", "I ɡˌQ hˈQm, ðˈɛː nˌɪə"),
        ("en-GB", "and ɑː wˈɔːtə", "and ɑː wˈɔːtə"),
        ("hi", "mˌeːɾeː ɟˈi ˌʌxbˈaːɾ hɛ̃.", "mˌeːɾeː ɟˈi ˌʌxbˈaːɾ hɛ̃."),
        ("hi", "bˈʌri sˈʌrək pˈʌrh ɾˌəheː", "bˈʌr.i sˈʌr.ək pˈʌr.h ɾˌəheː"),
        ("hi", "pəhˈaːɽ. pˈʌɽʰ", "pəhˈaːr.. pˈʌr.h"),
        ("hi", "wɒts ˈap fˈaɪl nˈəʊt", "wɒts ˈap fˈIl nˈQt"),
    ],
)
def test_each_language_is_written_in_its_own_signs(tag: str, phonemes: str, symbols: str) -> None:
    assert to_symbols(phonemes, tag, _VOCABULARY) == (symbols, 0)


@pytest.mark.parametrize("tie", ["\u0361", "^"])
def test_ties_change_nothing(tie: str) -> None:
    assert to_symbols(f"t{tie}ʃˈe{tie}ɪ", "en-US", _VOCABULARY) == ("ʧˈA", 0)


def test_what_has_no_sign_is_left_out_and_counted() -> None:
    assert to_symbols("aʘbǃǃ", "hi", _VOCABULARY) == ("ab", 3)
