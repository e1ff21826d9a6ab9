"""The shared store as a service uses it, and the choice of adapters by the scheme of their URL."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

from ai4v.ports.cache import Cache
from ai4v.ports.registry import Registry

_Opener = TypeVar("_Opener")


@dataclass(frozen=True, slots=True)
class Store:
    """What every service keeps in common with the others."""

    cache: Cache
    registry: Registry


OpenStore = Callable[[str], AbstractAsyncContextManager[Store]]


def pick_by_scheme(
    openers: Mapping[str, _Opener], url: str, *, service: str, variable: str
) -> _Opener:
    """Return what opens `url`.

    Args:
        openers: by the schemes of the URLs that they take.
        url: never repeated in a message: it may hold a password.
        service: that cannot start without.
        variable: where the URL was said.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    opener = openers.get(url.partition("://")[0])
    if opener is None:
        known = ", ".join(f"{name}://" for name in openers)
        raise SystemExit(f"{service} cannot start: {variable} must begin with one of {known}")
    return opener
