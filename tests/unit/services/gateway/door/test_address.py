from ipaddress import ip_network

import pytest

from ai4v.services.gateway.door.address import find_client, is_within, name_network

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


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
        ("", (), "unknown"),
        ("testclient", (), "unknown"),
    ],
)
def test_the_nearest_that_is_no_proxy(peer: str, forwarded: tuple[str, ...], client: str) -> None:
    headers = [value.encode() for value in forwarded]
    assert find_client(peer, headers, TRUSTED) == client


def test_nobody_is_believed_unless_told() -> None:
    assert find_client("127.0.0.1", [b"1.1.1.1"], ()) == "127.0.0.1"


def test_one_host_has_a_whole_64() -> None:
    assert name_network("2001:db8::1") == name_network("2001:db8::ffff") == "2001:db8::/64"
    assert name_network("2001:db8:0:1::1") != name_network("2001:db8::1")
    assert name_network("203.0.113.9") == "203.0.113.9"
    assert name_network("unknown") == "unknown"


def test_within_networks() -> None:
    assert is_within("10.1.2.3", TRUSTED)
    assert is_within("::ffff:10.1.2.3", TRUSTED)
    assert not is_within("11.1.2.3", TRUSTED)
    assert not is_within("unknown", TRUSTED)
