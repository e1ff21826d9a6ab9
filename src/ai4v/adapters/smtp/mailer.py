"""The mailer port over SMTP (RFC 5321), with TLS unless the URL says otherwise.

A connection a letter: letters are rare, and a connection kept open would be another thing to watch.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, make_msgid
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from ai4v.ports.mailer import Letter, MailerUnavailableError

SCHEMES: Final = ("smtp", "smtps", "smtp+plain")
"""STARTTLS before anything else, TLS from the first byte (RFC 8314), and neither."""
_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    scheme: str
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> Self:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"the mail server's URL must be one of {', '.join(SCHEMES)}://host")
        if parts.username and parts.scheme == "smtp+plain":
            raise ValueError("smtp+plain:// takes no password: anybody on the way could read it")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            scheme=parts.scheme,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpMailer:
    """Sends each letter over a connection of its own."""

    def __init__(
        self,
        url: str,
        *,
        sender: str,
        context: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """Prepare; nothing is connected before the first letter.

        Args:
            url: `smtp://[user:password@]host[:port]`; smtp refuses a server without STARTTLS, smtps
                is TLS from the start, smtp+plain is neither and for a server on this machine.
            sender: `local@domain`.
            context: which certificates are believed; None: those that the system does.
            timeout_s: for a letter as a whole, from connecting on.

        Raises:
            ValueError: another scheme, no host, or no address; the message repeats none of them.
        """
        self._server = _Server.parse(url)
        self._sender = _read_address(sender)
        self._context = context or ssl.create_default_context()
        self._timeout_s = timeout_s

    async def send(self, letter: Letter) -> None:
        """Return once the server has answered 250 to the end of the letter."""
        message = self._compose(letter)
        async with self._connected() as client:
            await client.sendmail(
                self._sender.addr_spec, [letter.recipient], message.as_bytes(policy=SMTP_POLICY)
            )

    async def ping(self) -> None:
        """Connect, sign in and hang up."""
        async with self._connected() as client:
            await client.noop()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[SMTP]:
        client = self._make_client()
        try:
            async with asyncio.timeout(self._timeout_s):
                await client.connect()
                yield client
                with suppress(SMTPException):  # the letter is taken, whatever is said after it
                    await client.quit()
        except SMTPResponseException as error:
            raise MailerUnavailableError(f"the mail server refused: {error.code}") from None
        except (SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            reason = type(error).__name__
            raise MailerUnavailableError(f"the mail server cannot be used: {reason}") from None
        finally:
            client.close()

    def _make_client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=self._sender.domain,
            timeout=self._timeout_s,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp",
            tls_context=self._context,
        )

    def _compose(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self._sender
        message["To"] = _read_address(letter.recipient)
        message["Subject"] = letter.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _read_address(address: str) -> Address:
    try:
        return Address(addr_spec=address)
    except (ValueError, IndexError):  # what the standard library's parser dies of
        raise ValueError("not an e-mail address") from None
