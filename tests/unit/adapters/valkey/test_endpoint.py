"""The store's URL."""

import ssl

import pytest

from ai4v.adapters.valkey.command import pack
from ai4v.adapters.valkey.endpoint import Endpoint


@pytest.mark.parametrize(
    ("url", "greeting"),
    [
        ("valkey://host", [("PING",)]),
        ("redis://host:6379/0", [("PING",)]),
        ("valkey://host/3", [("SELECT", "3"), ("PING",)]),
        ("valkey://:p%20w@host/1", [("AUTH", "p w"), ("SELECT", "1"), ("PING",)]),
        ("valkey://me:p%40@host", [("AUTH", "me", "p@"), ("PING",)]),
    ],
)
def test_who_we_are_and_which_database(url: str, greeting: list[tuple[str, ...]]) -> None:
    endpoint = Endpoint.parse(url)
    assert (endpoint.host, endpoint.port, endpoint.tls) == ("host", 6379, None)
    assert list(endpoint.greeting) == [pack(*command) for command in greeting]


@pytest.mark.parametrize("scheme", ["valkeys", "rediss"])
def test_tls_is_checked(scheme: str) -> None:
    endpoint = Endpoint.parse(f"{scheme}://host:1")
    assert endpoint.port == 1
    assert endpoint.tls is not None
    assert endpoint.tls.verify_mode is ssl.CERT_REQUIRED
    assert endpoint.tls.check_hostname


@pytest.mark.parametrize(
    "url",
    ["http://secret", "secret", "valkey:secret", "valkey://h/secret", "valkey://:secret#x@h"],
)
def test_what_is_no_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="shared store") as told:
        Endpoint.parse(url)
    assert "secret" not in str(told.value)
