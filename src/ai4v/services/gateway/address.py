"""Whose address a request comes from, when proxies may stand between."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

_Address = IPv4Address | IPv6Address
_UNKNOWN = "unknown"


def find_client(connection: HTTPConnection, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the address of the client: the nearest one that is not a trusted proxy's.

    What a client itself writes into `X-Forwarded-For` is to the left of that, and not believed.
    """
    peer = connection.client.host if connection.client else ""
    hops = [peer]
    if trusted:
        for header in connection.headers.getlist("x-forwarded-for"):
            hops[:-1] += [hop.strip() for hop in header.split(",")]
    client = _UNKNOWN
    for hop in reversed(hops):
        address = _parse(hop)
        if address is None:
            return client
        client = str(address)
        if not any(address in network for network in trusted):
            return client
    return client


def name_network(address: str) -> str:
    """Return what an address is counted under: itself, or its /64 as one host has them all."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address


def _parse(text: str) -> _Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
