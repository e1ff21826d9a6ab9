"""The page on this machine that a browser comes back to."""

import threading
from urllib.request import ProxyHandler, build_opener

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.loopback import wait_for_ticket

pytestmark = pytest.mark.connected


def _wait(*paths: str, wait_s: float = 20.0) -> str:
    """Wait while a browser asks for these, one after another."""
    browsers: list[threading.Thread] = []

    def show(address: str) -> None:
        def browse() -> None:
            opener = build_opener(ProxyHandler({}))
            for path in paths:
                with opener.open(address + path, timeout=10) as answer:
                    assert b"close this page" in answer.read()

        browsers.append(threading.Thread(target=browse))
        browsers[0].start()

    try:
        return wait_for_ticket(show, wait_s=wait_s)
    finally:
        browsers[0].join()


def test_the_ticket_is_taken_whatever_else_is_asked_for() -> None:
    assert _wait("favicon.ico", "?x=1", "?ticket=a4t_x") == "a4t_x"


def test_a_refusal_is_told() -> None:
    with pytest.raises(CommandError, match="refused"):
        _wait("?error=access_denied")


def test_nobody_is_waited_for_in_vain() -> None:
    with pytest.raises(CommandError, match="in time"):
        _wait(wait_s=0.0)
