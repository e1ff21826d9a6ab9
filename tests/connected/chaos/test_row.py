"""One pool, many callers: each gets its own rows or none, whoever gives up meanwhile (R35)."""

import asyncio
import random
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Integer, bindparam, select, text

from ai4v.kit.database.connection import Database, DatabaseUnavailableError
from tests.support.chaos.figure import tell
from tests.support.chaos.scope import choose
from tests.support.proxy import slow_proxy

pytestmark = pytest.mark.connected

_SEED = 35
_CALLERS = 50
_CALLS = choose(10, 40)
_ECHO = select(bindparam("asked", type_=Integer()))


class _Callers:
    """Ask for numbers, some of them without the patience to wait."""

    def __init__(self, database: Database) -> None:
        self.answered = 0
        self.given_up = 0
        self._database = database
        self._randomness = random.Random(_SEED)  # noqa: S311 - not for secrets

    async def ask(self, caller: int) -> None:
        """Ask again and again, in one statement or in a transaction, and give up at random."""
        for n in range(_CALLS):
            number = caller * _CALLS + n
            try:
                async with asyncio.timeout(self._randomness.uniform(0, 1.2)):
                    answer = await (self._single if n % 2 else self._transaction)(number)
            except (TimeoutError, DatabaseUnavailableError):
                self.given_up += 1
            else:
                assert answer == number
                self.answered += 1

    async def _single(self, number: int) -> object:
        ((answer,),) = await self._database.execute(_ECHO, {"asked": number})
        return answer

    async def _transaction(self, number: int) -> object:
        async with self._database.transaction() as session:
            await session.execute(text("SELECT 0"))
            return (await session.execute(_ECHO, {"asked": number})).scalar_one()


async def test_r35_no_caller_gets_anothers_rows(database_url: str) -> None:
    port = urlsplit(database_url).port
    assert port is not None
    async with slow_proxy(port, delay_s=0.025) as slow:
        database = Database(database_url.replace(f":{port}/", f":{slow}/"))
        callers = _Callers(database)
        await asyncio.gather(*(callers.ask(caller) for caller in range(_CALLERS)))
        assert await callers._single(7) == 7
        await database.close()
    tell("R35 rows", answered=callers.answered, given_up=callers.given_up, mixed_up=0)
    assert min(callers.answered, callers.given_up) > _CALLERS * _CALLS / 10
