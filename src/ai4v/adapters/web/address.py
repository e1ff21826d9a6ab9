"""Which IP addresses belong to the public internet.

Python's own `is_global` changes between its releases, so the networks are written out. Source: the
IANA special-purpose address registries (RFC 6890), IPv6 global unicast (RFC 4291).
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Final

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's address translation
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own services, reached from its machines alone
        "169.254.0.0/16",  # link-local, machine metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, machine metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
"""All that is given out; IPv4 in IPv6, NAT64, unique local, link-local, multicast lie outside."""
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(text: str) -> bool:
    """Tell whether it is an address, and one that anybody on the internet could reach."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    is_given_out = address in _GLOBAL_V6
    return is_given_out and not any(address in network for network in _NOT_PUBLIC_V6)
