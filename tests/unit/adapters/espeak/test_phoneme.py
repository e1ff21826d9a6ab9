from ai4v.adapters.espeak.phoneme import tidy


def test_marks_that_are_no_phonemes_are_dropped() -> None:
    assert tidy("(ta)vˈʌɳ(en) həlˈəʊ(hi)  (en-us)a:_b\n") == "vˈʌɳ həlˈəʊ ab"
