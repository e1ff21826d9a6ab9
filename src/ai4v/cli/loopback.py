"""A page on this machine that a browser comes back to after a sign-in elsewhere (RFC 8252)."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from ai4v.cli.failure import CommandError

WAIT_S: Final = 300.0
_PAGE: Final = b"<!doctype html><title>AI4V-C</title><p>You may close this page."


class _Landing(HTTPServer):
    """Listens on a port of the loopback that nobody else has."""

    timeout: float | None = 1.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.found: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    timeout: ClassVar[float | None] = (
        5.0  # a connection that says nothing must not hold up the one that does
    )

    def do_GET(self) -> None:
        """Take what the browser brings."""
        query = parse_qs(urlsplit(self.path).query)
        if isinstance(self.server, _Landing) and not self.server.found:
            self.server.found = {name: values[0] for name, values in query.items()}
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: the address holds a ticket."""


def wait_for_ticket(show: Callable[[str], None], *, wait_s: float = WAIT_S) -> str:
    """Return the ticket that a browser comes back with.

    Args:
        show: is told where it must be sent back to.
        wait_s: how long at most.

    Raises:
        CommandError: it came back with an error, or not at all.
    """
    give_up = time.monotonic() + wait_s
    with _Landing() as landing:
        show(f"http://127.0.0.1:{landing.server_port}/")
        while not landing.found.keys() & {"ticket", "error"}:
            landing.found = {}
            if time.monotonic() > give_up:
                raise CommandError("nobody came back from the provider in time")
            landing.handle_request()
        found = landing.found
    if "ticket" not in found:
        raise CommandError("the sign-in was refused; the platform's audit log says why")
    return found["ticket"]
