"""Letters go out after the answer, more than once when they must, and nobody waits for them."""

import asyncio

from ai4v.adapters.memory.mailer import MemoryMailer
from ai4v.ports.mailer import Letter, MailerUnavailableError
from ai4v.services.auth.proof.postman import Postman
from tests.support.poll import until

LETTER = Letter("asha@example.org", "Hello", "text")


class _BadMailer(MemoryMailer):
    """Fails so many times; None: is a bug and fails otherwise."""

    def __init__(self, failures: int | None) -> None:
        super().__init__()
        self._failures = failures
        self.attempts = 0

    async def has_letter(self) -> bool:
        return bool(self.letters)

    async def was_asked(self) -> bool:
        return self.attempts > 0

    async def was_given_up(self) -> bool:
        return self.attempts == 3

    async def send(self, letter: Letter) -> None:
        self.attempts += 1
        if self._failures is None:
            raise RuntimeError("a bug")
        if self.attempts <= self._failures:
            raise MailerUnavailableError("down")
        await super().send(letter)


class _SlowMailer(MemoryMailer):
    """Takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def send(self, letter: Letter) -> None:
        await self.gate.wait()
        await super().send(letter)


async def test_what_was_posted_is_sent_before_the_end() -> None:
    mailer = MemoryMailer()
    postman = Postman(mailer)
    async with postman.at_work():
        for _ in range(20):
            postman.post(LETTER)
    assert len(mailer.letters) == 20


async def test_a_letter_that_is_not_taken_is_sent_again() -> None:
    mailer = _BadMailer(failures=2)
    postman = Postman(mailer, pauses_s=(0.0, 0.0))
    async with postman.at_work():
        postman.post(LETTER)
        await until(mailer.has_letter)
    assert list(mailer.letters) == [LETTER]


async def test_at_the_end_nobody_waits_for_the_next_attempt() -> None:
    mailer = _BadMailer(failures=10)
    postman = Postman(mailer, pauses_s=(600.0, 600.0))
    async with postman.at_work():
        postman.post(LETTER)
        await until(mailer.was_asked)
    assert mailer.attempts == 2


async def test_a_letter_that_nobody_takes_is_given_up() -> None:
    mailer = _BadMailer(failures=10)
    postman = Postman(mailer, pauses_s=(0.0, 0.0))
    async with postman.at_work():
        postman.post(LETTER)
        await until(mailer.was_given_up)
    assert mailer.attempts == 3


async def test_a_bug_in_one_letter_does_not_hold_up_the_next() -> None:
    mailer = _BadMailer(failures=None)
    postman = Postman(mailer, pauses_s=())
    async with postman.at_work():
        for _ in range(10):
            postman.post(LETTER)
    assert mailer.attempts == 10


async def test_posting_never_waits_and_too_many_are_dropped() -> None:
    mailer = _SlowMailer()
    postman = Postman(mailer)
    async with postman.at_work():
        for _ in range(1_000):
            postman.post(LETTER)
        mailer.gate.set()
    assert 256 <= len(mailer.letters) <= 260
