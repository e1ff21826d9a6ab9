"""A mail server for tests: it keeps what it was given, and can be made to refuse."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ai4v.ports.mailer import Letter

USER = "ai4v"
PASSWORD = "p@ss/word"


@dataclass
class MailServer:
    """What was taken, and how."""

    host: str = "127.0.0.1"
    port: int = 0
    refusal: str | None = None
    """What every letter is answered; None: taken."""
    is_silent: bool = False
    """Never answer to a letter."""
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)

    @property
    def letters(self) -> list[Letter]:
        """What was taken, as it was sent."""
        return [
            Letter(message["To"], message["Subject"], message.get_content().replace("\r\n", "\n"))
            for message in self.messages
        ]

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter."""
        if self.is_silent:
            await asyncio.get_running_loop().create_future()
        if self.refusal is not None:
            return self.refusal
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(envelope.rcpt_tos)
        transport = server.transport
        assert transport is not None
        self.was_encrypted.append(
            session.ssl is not None or transport.get_extra_info("ssl_object") is not None
        )
        return "250 taken"


@asynccontextmanager
async def open_mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    needs_password: bool = False,
) -> AsyncIterator[MailServer]:
    """Run a server on loopback.

    Args:
        starttls: offer the upgrade.
        tls: speak TLS from the first byte.
        needs_password: take letters only from `USER` with `PASSWORD`.
    """
    mail = MailServer()
    sessions: list[SMTP] = []

    def make() -> SMTP:
        with warnings.catch_warnings():  # it takes a listener with TLS for one without
            warnings.simplefilter("ignore")
            server = SMTP(
                mail,
                hostname="mail.example",
                tls_context=starttls,
                auth_required=needs_password,
                auth_require_tls=tls is None,
                authenticator=_authenticate,
            )
        sessions.append(server)
        return server

    listener = await asyncio.get_running_loop().create_server(make, mail.host, 0, ssl=tls)
    mail.port = listener.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        listener.close()
        for server in sessions:
            if server.transport is not None:
                server.transport.close()
        await listener.wait_closed()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
) -> AuthResult:
    is_right = data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)
