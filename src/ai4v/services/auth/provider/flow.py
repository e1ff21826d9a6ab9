"""What a sign-in elsewhere is made of while the browser is away."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from ai4v.contracts.identity import hash_credential
from ai4v.contracts.session import TICKET_PREFIX
from ai4v.kit.challenge import challenge_of

_LOOPBACK: Final = re.compile(r"http://127\.0\.0\.1:([0-9]{1,5})/")


@dataclass(frozen=True, slots=True)
class Flow:
    """One attempt, as its row has it; the row is deleted when the browser is back."""

    state_hash: str
    browser_hash: str
    provider: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    return_to: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class BrowserMark:
    """What the browser that began keeps in a cookie; the row has its hash, so it cannot be changed.

    It is `<random>.<challenge>.<user>`; the last two may be empty.
    """

    secret: str = field(repr=False)
    challenge: str = ""
    """Of the page or program that began: only it can use the ticket."""
    user_id: UUID | None = None
    """Who wants to link an identity; None: somebody wants to sign in."""

    def __str__(self) -> str:
        """Write the cookie's value."""
        return f"{self.secret}.{self.challenge}.{self.user_id or ''}"

    @classmethod
    def parse(cls, value: str) -> "BrowserMark":
        """Read a value whose hash was right."""
        secret, challenge, user_id = value.split(".")
        return cls(secret, challenge, UUID(user_id) if user_id else None)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the browser brings back to the page or program that began: good once, for a minute.

    Its hash covers the challenge, so that whoever has no verifier for it has nothing.
    """

    secret: str = field(repr=False)
    subject: str = ""
    """Who somebody is at the provider, when it is for linking; in hexadecimal."""

    def __str__(self) -> str:
        """Write it."""
        return f"{self.secret}.{self.subject}" if self.subject else self.secret

    def hash(self, challenge: str) -> str:
        """Return what is stored of it."""
        return hash_credential(f"{self}.{challenge}")


def hash_ticket(ticket: str, verifier: str | None) -> str:
    """Return what is stored of a ticket that came with that verifier."""
    challenge = challenge_of(verifier) if verifier is not None else ""
    return hash_credential(f"{ticket}.{challenge}")


def read_subject(ticket: str) -> str:
    """Return the subject in a ticket for linking whose hash was right."""
    return bytes.fromhex(ticket.removeprefix(TICKET_PREFIX).partition(".")[2]).decode()


def is_allowed_return(address: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a browser may be sent there.

    It is listed letter for letter, or a program on the browser's own machine that waits at
    `http://127.0.0.1:<port>/` (RFC 8252, section 7.3).
    """
    loopback = _LOOPBACK.fullmatch(address)
    return address in allowed or (loopback is not None and 0 < int(loopback[1]) < 65536)


def extend(address: str, name: str, value: str) -> str:
    """Return an address with one more parameter."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode({name: value})}"
