"""Port: a letter to somebody's e-mail address."""

from dataclasses import dataclass, field
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError


class MailerUnavailableError(ServiceUnavailableError):
    """The letter was not taken; nothing was sent, or it is not known."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text; it may hold a secret link, so it is never shown in a representation."""

    recipient: str
    """One address."""
    subject: str
    """One line."""
    text: str = field(repr=False)


class Mailer(Protocol):
    """Hands letters to a mail server."""

    async def send(self, letter: Letter) -> None:
        """Return once the server has taken the letter.

        Raises:
            MailerUnavailableError: it did not, within the adapter's timeout.
        """
        ...

    async def ping(self) -> None:
        """Return when the server answers.

        Raises:
            MailerUnavailableError: it does not.
        """
        ...
