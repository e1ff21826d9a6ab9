"""Where a store is and how to sign in there, read from its URL."""

import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from ai4v.adapters.valkey.command import pack

SCHEMES: Final = {"valkey": False, "redis": False, "valkeys": True, "rediss": True}
"""Schemes of the URLs taken, and whether they mean TLS."""

_PORT: Final = 6379


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server, as a connection needs it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    greeting: tuple[bytes, ...]
    """Commands that begin a connection, packed: who we are, which database, are you there."""

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Read `valkey://[user]:password@host:port/database`.

        `valkeys://` is TLS; `?ca=<file>` names the certificates to trust instead of the system's.

        Raises:
            ValueError: another scheme, or no such form; the message does not repeat the URL.
        """
        parts = urlsplit(url)
        if "://" not in url or parts.scheme not in SCHEMES:
            starts = ", ".join(f"{scheme}://" for scheme in SCHEMES)
            raise ValueError(f"the URL of the shared store must start with one of {starts}")
        path = parts.path.strip("/")
        if path and not path.isdecimal():
            raise ValueError("the path of the shared store's URL is the number of a database")
        try:
            host, port = parts.hostname or "localhost", parts.port or _PORT
        except ValueError:
            raise ValueError("the port of the shared store's URL is no number") from None
        greeting = [pack("PING")]
        if path and int(path):
            greeting.insert(0, pack("SELECT", path))
        if parts.password is not None:
            names = (unquote(name) for name in (parts.username, parts.password) if name)
            greeting.insert(0, pack("AUTH", *names))
        return cls(
            host,
            port,
            _trust(parts.query) if SCHEMES[parts.scheme] else None,
            tuple(greeting),
        )


def _trust(query: str) -> ssl.SSLContext:
    (ca,) = parse_qs(query).get("ca", [None])
    return ssl.create_default_context(cafile=ca)
