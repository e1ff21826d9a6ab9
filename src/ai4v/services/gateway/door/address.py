"""Whose address a request comes from, when proxies may stand between."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address
_UNKNOWN: Final = "unknown"
_KEPT: Final = 4_096


def find_client(peer: str, forwarded: Sequence[bytes], trusted: tuple[Network, ...]) -> str:
    """Return the address of the client: the nearest one that is not a trusted proxy's.

    What a client itself writes into `X-Forwarded-For` is to the left of that, and not believed.

    Args:
        peer: whose connection it is.
        forwarded: the values of `X-Forwarded-For`.
        trusted: networks of proxies.
    """
    if not trusted or not forwarded:
        return _name(peer)
    hops = [hop.strip() for header in forwarded for hop in header.decode("latin-1").split(",")]
    client = _UNKNOWN
    for hop in reversed([*hops, peer]):
        address = _parse(hop)
        if address is None:
            return client
        client = str(address)
        if not any(address in network for network in trusted):
            return client
    return client


@lru_cache(maxsize=_KEPT)
def name_network(address: str) -> str:
    """Return what an address is counted under: itself, or its /64 as one host has them all."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return address


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address is in one of the networks; an unknown one is in none."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


@lru_cache(maxsize=_KEPT)
def _name(peer: str) -> str:
    address = _parse(peer)
    return _UNKNOWN if address is None else str(address)


@lru_cache(maxsize=_KEPT)
def _parse(text: str) -> _Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
