"""What a URL says, read so strictly that no two readers could differ over it."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from ai4v.ports.fetcher import FetchRefusedError

MAX_CHARACTERS: Final = 4_096
"""Signed addresses of object stores reach 2,000."""
_PORTS: Final = {"http": 80, "https": 443}
_PRINTABLE: Final = re.compile(r"[!-\[\]-~]*")
"""ASCII without space and without the backslash, which some take for a slash."""
_URL: Final = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_MAX_NAME: Final = 253
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A host whose last part is a number is an address, however it is spelled (WHATWG URL)."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file is."""

    scheme: str
    """http or https."""
    host: str
    """A name in lower case, or an address without brackets, in its shortest form."""
    port: int
    target: str
    """Path and query, as they were given."""

    @property
    def is_address(self) -> bool:
        """Whether the host is an address, not a name."""
        return ":" in self.host or _NUMBER.fullmatch(self.host) is not None

    @property
    def authority(self) -> str:
        """Host and port as a `Host` header has them: without the usual port."""
        host = bracketed(self.host)
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, always with the port."""
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"


def bracketed(host: str) -> str:
    """Return a host as URLs have it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def read_location(url: str) -> Location:
    """Read an absolute http or https URL.

    Raises:
        FetchRefusedError: anything else, a user name, an unusual spelling of the host.
    """
    if len(url) > MAX_CHARACTERS:
        raise FetchRefusedError(f"the address is longer than {MAX_CHARACTERS} characters")
    if not _PRINTABLE.fullmatch(url):
        raise FetchRefusedError(
            "the address holds spaces, control characters, a backslash or letters beyond ASCII; "
            "percent-encode the path, and write the name in punycode"
        )
    parts = _URL.fullmatch(url)
    if parts is None:
        raise FetchRefusedError("the address does not begin with https://")
    scheme, authority, target = parts[1].lower(), parts[2].lower(), parts[3]
    if "@" in authority:
        raise FetchRefusedError("the address holds a user name or password")
    place = _AUTHORITY.fullmatch(authority)
    if place is None:
        raise FetchRefusedError("the address does not have the form https://host/path")
    port = int(place[2] or _PORTS[scheme])
    return Location(
        scheme, _read_host(place[1]), port, target if target[:1] == "/" else f"/{target}"
    )


def _read_host(host: str) -> str:
    try:
        if host.startswith("["):
            return str(IPv6Address(host[1:-1]))
        if _NUMBER.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:
        raise FetchRefusedError("the IP address in it is not in its usual form") from None
    if len(host) > _MAX_NAME or not _NAME.fullmatch(host):
        raise FetchRefusedError("the host in it is not a name of letters, digits, hyphens and dots")
    return host
