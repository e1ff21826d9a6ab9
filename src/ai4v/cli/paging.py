"""Lists that the gateway gives page by page."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from ai4v.cli.client import Gateway
from ai4v.contracts.apikey import KeyList
from ai4v.contracts.auth import UserList

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_Page = TypeVar("_Page", KeyList, UserList)


def read_pages(
    gateway: Gateway, path: str, page: type[_Page], query: Mapping[str, str] = _NOTHING
) -> Iterator[_Page]:
    """Yield every page.

    Raises:
        CommandError: as `Gateway.ask`.
    """
    cursor: dict[str, str] = {}
    while True:
        found = gateway.ask("GET", path, page, query={**query, **cursor})
        yield found
        if found.next_cursor is None:
            return
        cursor = {"cursor": found.next_cursor}
