"""A running auth service that anybody may register at, and the letters that it sends."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.mailer import MemoryMailer
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.ports.mailer import Letter, Mailer
from ai4v.services.auth.app import Adapters, create_app
from tests.service.auth.house import House, Keys, open_http
from tests.support.clock import ManualClock
from tests.support.password import CHEAP
from tests.support.poll import until

_TOKEN = re.compile(r"#token=(\S+)")
PAGE = "https://voice.example.org"


@dataclass(frozen=True)
class Post:
    """The service, and where its letters arrive."""

    house: House
    mailer: MemoryMailer

    async def letters(self, count: int) -> list[Letter]:
        """Return all letters, once there are that many."""

        async def have_come() -> bool:
            return len(self.mailer.letters) >= count

        await until(have_come)
        return list(self.mailer.letters)

    async def token(self, count: int = 1) -> str:
        """Return the token of the last of so many letters."""
        return read_token((await self.letters(count))[-1])


def read_token(letter: Letter) -> str:
    """Return the token in the link of a letter."""
    found = _TOKEN.search(letter.text)
    assert found, letter.text
    return found[1]


@asynccontextmanager
async def open_post(
    database_url: str,
    keys: Keys,
    clock: ManualClock,
    mailer: Mailer | None,
    *,
    registration: str = "open",
) -> AsyncIterator[House]:
    """Run a service.

    Args:
        database_url: with the schema.
        keys: of the platform.
        clock: of the service.
        mailer: None: it sends no letters.
        registration: open or closed.
    """
    cache = MemoryCache(clock)
    limiter = MemoryRateLimiter(clock)
    adapters = Adapters(cache, limiter, MemoryRegistry(clock), clock, mailer, CHEAP)
    changes = {"registration": registration, "page_url": PAGE}
    settings = keys.settings(database_url).model_copy(update=changes)
    async with open_http(create_app(settings, adapters=adapters)) as http:
        yield House(http, cache, clock, keys)
