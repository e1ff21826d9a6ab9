"""What is too easy to guess, and what is not."""

import pytest

from ai4v.services.auth.account.strength import is_guessable, is_short, measure

_CONTEXT = ("asha.rao", "asha.rao@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "password1234567",
        "P@ssw0rd12345678",
        "passwordpassword",
        "drowssapdrowssap",
        "p a s s w o r d 1 2 3",
        "Welcome@20242025",
        "administrator123456",
        "my password is password",
        "iloveyou iloveyou",
        "sunshine mountain",
        "correcthorsebatterystaple",
        "correct horse battery staple",
        "To be, or not to be",
        "vandemataram1947",
        "saare jahan se achha",
        "californication",
        "MyChemicalRomance1",
        "avenged sevenfold",
        "1122334455667788",
        "juliadronina1996",
        "volkova.elena.13",
        "YfDbUfNjH10305070",
        "qwertyuiopasdfgh",
        "1qaz2wsx3edc4rfv",
        "q1w2e3r4t5y6u7i8",
        "zaq12wsxcde34rfv",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "zyxwvutsrqponmlk",
        "9876543210987654",
        "कखगघङचछजझञटठडढण",
        "abc123abc123abc123",
        "asha.rao@example.org",
        "asharaoasharao2026",
        "AI4V-speech-AI4V-speech",
        "ﾠ" * 20,
        "",
    ],
)
def test_what_is_made_of_common_parts_is_guessable(password: str) -> None:
    assert is_guessable(password, _CONTEXT)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "blue car red dog",
        "mrs koppla dims 42x",
        "lk3vhq0tzzwpmrw",
        "314159265358979",
        "मेरा पासवर्ड बहुत लंबा है",
        "எனக்கு மட்டும் தெரியும்",
        "🦊🐢🌵🎻🪁🧭🛶🥁",
    ],
)
def test_words_and_whatever_follows_no_rule_are_good(password: str) -> None:
    assert not is_guessable(password, _CONTEXT)


def test_what_is_known_of_the_owner_is_no_secret() -> None:
    password = "quetzalcoatlus wurm"
    assert not is_guessable(password)
    assert is_guessable(password, ["quetzalcoatlus", "wurm@example.org"])


@pytest.mark.parametrize(
    ("one", "other"), [("ﬁnd the ﬂower", "find the flower"), ("CAFE\u0301 noir", "café NOIR")]
)
def test_spellings_of_one_password_are_worth_the_same(one: str, other: str) -> None:
    assert measure(one) == measure(other)


def test_length_is_counted_after_normalising() -> None:
    assert is_short("a\u0301" * 10)
    assert not is_short("a" * 15)
    assert not is_short("ﬃ" * 5)
