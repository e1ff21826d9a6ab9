"""What every mailer must do."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from ai4v.ports.mailer import Letter, Mailer

Inbox = Callable[[], Sequence[Letter]]
"""The letters that were taken, oldest first."""

_LINK = "https://example.org/verify#token=" + "x" * 200


class MailerConformance:
    """Subclass it with the fixtures `mailer` and `inbox`."""

    @pytest.mark.parametrize(
        ("subject", "text"),
        [
            ("Welcome", "Hello.\n"),
            ("स्वागत है", "नमस्ते।\nஉள்ளே வாருங்கள்.\n"),
            ("A link", f"Open it:\n\n{_LINK}\n"),
            ("Long " * 40 + "end", "x" * 5_000 + "\n"),
            ("Dots", ".\n..\n.leading\n\nFrom the start\n"),
        ],
    )
    async def test_a_letter_arrives_as_it_was(
        self, mailer: Mailer, inbox: Inbox, subject: str, text: str
    ) -> None:
        letter = Letter("asha.rao+ai4v@example.org", subject, text)
        await mailer.send(letter)
        assert list(inbox()) == [letter]

    async def test_letters_sent_at_once_all_arrive(self, mailer: Mailer, inbox: Inbox) -> None:
        letters = {Letter(f"user{n}@example.org", "Hello", f"{n}\n") for n in range(10)}
        await asyncio.gather(*(mailer.send(letter) for letter in letters))
        assert set(inbox()) == letters

    async def test_ping_sends_nothing(self, mailer: Mailer, inbox: Inbox) -> None:
        await mailer.ping()
        assert not inbox()
