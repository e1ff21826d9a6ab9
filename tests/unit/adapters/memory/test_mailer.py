"""Letters in memory."""

import pytest

from ai4v.adapters.memory.mailer import MemoryMailer
from ai4v.ports.mailer import Letter
from tests.conformance.mailer import Inbox, MailerConformance


class TestMemoryMailer(MailerConformance):
    @pytest.fixture
    def mailer(self) -> MemoryMailer:
        return MemoryMailer()

    @pytest.fixture
    def inbox(self, mailer: MemoryMailer) -> Inbox:
        return lambda: tuple(mailer.letters)

    async def test_the_oldest_letters_make_room(self) -> None:
        mailer = MemoryMailer(max_letters=2)
        for n in range(3):
            await mailer.send(Letter("asha@example.org", str(n), "text"))
        assert [letter.subject for letter in mailer.letters] == ["1", "2"]
