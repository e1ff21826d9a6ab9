"""Letters over SMTP, to a server on loopback that checks what it is told."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from ai4v.adapters.smtp.mailer import SmtpMailer
from ai4v.ports.mailer import Letter, MailerUnavailableError
from tests.conformance.mailer import Inbox, MailerConformance
from tests.support.authority import Authority
from tests.support.smtp import PASSWORD, USER, MailServer, open_mail_server

pytestmark = pytest.mark.connected

LETTER = Letter("asha@example.org", "Hello", "text\n")
SENDER = "platform@example.org"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def context(authority: Authority) -> ssl.SSLContext:
    return authority.client()


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[MailServer]:
    """One that offers STARTTLS and wants a password."""
    certificate = authority.server("127.0.0.1")
    async with open_mail_server(starttls=certificate, needs_password=True) as server:
        yield server


def url(server: MailServer, scheme: str = "smtp", password: str | None = PASSWORD) -> str:
    credentials = "" if password is None else f"{USER}:{quote(password, safe='')}@"
    return f"{scheme}://{credentials}{server.host}:{server.port}"


class TestSmtpMailer(MailerConformance):
    @pytest.fixture
    def mailer(self, server: MailServer, context: ssl.SSLContext) -> SmtpMailer:
        return SmtpMailer(url(server), sender=SENDER, context=context)

    @pytest.fixture
    def inbox(self, server: MailServer) -> Inbox:
        return lambda: server.letters

    async def test_a_letter_is_encrypted_on_its_way_and_says_who_sent_it(
        self, server: MailServer, mailer: SmtpMailer
    ) -> None:
        await mailer.send(LETTER)
        (message,) = server.messages
        assert server.was_encrypted == [True]
        assert server.recipients == [[LETTER.recipient]]
        assert message["From"] == SENDER
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@example.org>")
        assert message["Date"].endswith("GMT") or message["Date"].endswith("+0000")


async def test_tls_from_the_first_byte(authority: Authority, context: ssl.SSLContext) -> None:
    certificate = authority.server("127.0.0.1")
    async with open_mail_server(tls=certificate, needs_password=True) as server:
        await SmtpMailer(url(server, "smtps"), sender=SENDER, context=context).send(LETTER)
    assert server.was_encrypted == [True]


async def test_a_server_without_tls_is_refused_unless_it_was_said() -> None:
    async with open_mail_server() as server:
        with pytest.raises(MailerUnavailableError):
            await SmtpMailer(url(server, password=None), sender=SENDER).send(LETTER)
        assert not server.messages
        plain = url(server, "smtp+plain", password=None)
        await SmtpMailer(plain, sender=SENDER).send(LETTER)
    assert server.was_encrypted == [False]


async def test_a_certificate_that_nobody_vouches_for_is_refused(server: MailServer) -> None:
    with pytest.raises(MailerUnavailableError):
        await SmtpMailer(url(server), sender=SENDER).send(LETTER)
    assert not server.messages


async def test_a_wrong_password_is_an_error_that_does_not_repeat_it(
    server: MailServer, context: ssl.SSLContext
) -> None:
    mailer = SmtpMailer(url(server, password="wrong-one"), sender=SENDER, context=context)
    with pytest.raises(MailerUnavailableError, match="refused: 535") as caught:
        await mailer.send(LETTER)
    assert "wrong-one" not in caught.value.message
    with pytest.raises(MailerUnavailableError):
        await mailer.ping()


async def test_a_refusal_does_not_repeat_the_letter(
    server: MailServer, context: ssl.SSLContext
) -> None:
    server.refusal = f"550 no {LETTER.recipient} here"
    mailer = SmtpMailer(url(server), sender=SENDER, context=context)
    with pytest.raises(MailerUnavailableError, match="refused: 550") as caught:
        await mailer.send(LETTER)
    assert LETTER.recipient not in caught.value.message


async def test_a_silent_server_is_given_up(server: MailServer, context: ssl.SSLContext) -> None:
    server.is_silent = True
    mailer = SmtpMailer(url(server), sender=SENDER, context=context, timeout_s=0.3)
    with pytest.raises(MailerUnavailableError):
        await mailer.send(LETTER)


async def test_nobody_is_there() -> None:
    async with open_mail_server() as server:
        pass
    with pytest.raises(MailerUnavailableError):
        await SmtpMailer(url(server), sender=SENDER).ping()


@pytest.mark.parametrize(
    "bad", ["http://mail.example", "smtp://", "smtp+plain://user:password@mail.example"]
)
def test_a_url_that_cannot_be_meant_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="smtp") as caught:
        SmtpMailer(bad, sender=SENDER)
    assert "password@" not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d"])
def test_the_sender_is_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        SmtpMailer("smtp://mail.example", sender=sender)
