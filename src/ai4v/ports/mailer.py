"""Port: a letter to somebody's e-mail address."""

import re
from dataclasses import dataclass, field
from typing import Final, Protocol

from ai4v.contracts.error import ServiceUnavailableError

_ADDRESS: Final = re.compile(
    r"[^\s\x00-\x20\x7f,;:<>()\[\]\\\"@]+@[^\s\x00-\x20\x7f,;:<>()\[\]\\\"@]+"
)
_LINE: Final = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029]+")


class MailerUnavailableError(ServiceUnavailableError):
    """The letter was not taken; nothing was sent, or it is not known."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text; it may hold a secret link, so it is never shown in a representation.

    Raises:
        ValueError: the recipient is not one address, or the subject not one line; whoever chose
            them could add recipients or headers. The message repeats neither.
    """

    recipient: str = field(repr=False)
    """One address, `local@domain`."""
    subject: str
    """One line."""
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.recipient):
            raise ValueError("the recipient must be one address")
        if not _LINE.fullmatch(self.subject):
            raise ValueError("the subject must be one line")


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
