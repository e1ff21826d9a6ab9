from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection

from ai4v.services.gateway.address import find_client, name_network

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def connection(peer: str | None, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    client = (peer, 1) if peer is not None else None
    return HTTPConnection({"type": "http", "client": client, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", ("10.0.0.3, 10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("nonsense",), "10.0.0.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("::1", ("2001:db8::1",), "2001:db8::1"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        (None, (), "unknown"),
        ("testclient", (), "unknown"),
    ],
)
def test_the_nearest_that_is_no_proxy(
    peer: str | None, forwarded: tuple[str, ...], client: str
) -> None:
    assert find_client(connection(peer, *forwarded), TRUSTED) == client


def test_nobody_is_believed_unless_told() -> None:
    assert find_client(connection("127.0.0.1", "1.1.1.1"), ()) == "127.0.0.1"


def test_one_host_has_a_whole_64() -> None:
    assert name_network("2001:db8::1") == name_network("2001:db8::ffff") == "2001:db8::/64"
    assert name_network("2001:db8:0:1::1") != name_network("2001:db8::1")
    assert name_network("203.0.113.9") == "203.0.113.9"
    assert name_network("unknown") == "unknown"
