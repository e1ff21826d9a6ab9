"""A letter that would go elsewhere, or say more than it should, is never made."""

import pytest

from ai4v.ports.mailer import Letter


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "asha",
        "@example.org",
        "asha@",
        "asha@example.org, eve@example.org",
        "asha@example.org eve@example.org",
        "asha@example.org\r\nBcc: eve@example.org",
        "asha@example.org\n",
        "<asha@example.org>",
        "asha@eve@example.org",
        '"asha"@example.org',
        "asha@example.org\x00",
    ],
)
def test_the_recipient_is_one_address(recipient: str) -> None:
    with pytest.raises(ValueError, match="the recipient must be one address"):
        Letter(recipient, "Hello", "text")


@pytest.mark.parametrize(
    "subject", ["", "Hello\nBcc: eve@example.org", "a\rb", "a\x00b", "a\u2028b"]
)
def test_the_subject_is_one_line(subject: str) -> None:
    with pytest.raises(ValueError, match="the subject must be one line"):
        Letter("asha@example.org", subject, "text")


def test_a_letter_shows_neither_its_text_nor_its_recipient() -> None:
    assert repr(Letter("asha@example.org", "Hello", "secret")) == "Letter(subject='Hello')"
