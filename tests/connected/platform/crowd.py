"""Callers of several gateways, each with a key and its own speech: the words tell whose it is."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import asyncpg
import httpx2

from tests.connected.platform.client import INFERENCE, File
from tests.support.chaos.history import Operation
from tests.support.platform import Platform

_TIMEOUT: Final = httpx2.Timeout(10.0, connect=2.0)
"""When a client takes a gateway for gone."""
_PATIENCE_S: Final = 60.0
"""How long a call that is under way elsewhere is asked for again."""
_UNDER_WAY: Final = 409
_BUSY: Final = 503
_ROWS: Final = """
SELECT idempotency_key, status, count(item_index)
FROM asr.asr_requests LEFT JOIN asr.asr_results ON asr_request_id = id
WHERE idempotency_key = ANY($1)
GROUP BY id
"""


@dataclass(slots=True)
class Caller:
    """Sends one recording again and again."""

    key: str
    file: File
    language: str
    period_s: float
    """From one call to the next, whether or not the first was answered."""
    expected: str = ""
    """What the platform hears in it when nothing is wrong."""


@dataclass
class Crowd:
    """The callers together.

    Each does as a client should: a gateway that does not answer is left for the other; 503 with
    Retry-After is honoured, once; and what may have been begun is asked for again by its
    Idempotency-Key, until it is done.
    """

    gateways: Sequence[str]
    callers: Sequence[Caller]
    operations: list[Operation] = field(default_factory=list)
    """The id is the idempotency key; who was given something else got that as `echoed_id`."""
    begun: list[str] = field(default_factory=list)
    """The idempotency key of each call."""
    refusals: list[str] = field(default_factory=list)
    """What was said where it did not succeed."""
    _numbers: "count[int]" = field(default_factory=count)
    _dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret

    async def learn(self) -> None:
        """Have each ask alone, and remember the answers: no two may be alike."""
        async with self._open() as client:
            for caller in self.callers:
                answer = await self._ask(client, caller, "")
                assert answer is not None
                assert answer.status_code == 200, answer.text
                caller.expected = _read(answer)
        assert len({caller.expected for caller in self.callers}) == len(self.callers)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Have all ask while the block runs; at its end every call is over."""
        is_over = asyncio.Event()
        async with self._open() as client, asyncio.TaskGroup() as calls:
            for caller in self.callers:
                calls.create_task(self._go_on(client, caller, calls, is_over))
            try:
                yield
            finally:
                is_over.set()

    async def _go_on(
        self,
        client: httpx2.AsyncClient,
        caller: Caller,
        calls: asyncio.TaskGroup,
        is_over: asyncio.Event,
    ) -> None:
        await _pass(is_over, self._dice.uniform(0, caller.period_s))
        while not is_over.is_set():
            calls.create_task(self._call(client, caller))
            await _pass(is_over, caller.period_s)

    async def _call(self, client: httpx2.AsyncClient, caller: Caller) -> None:
        identity = f"crowd-{next(self._numbers)}"
        self.begun.append(identity)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        answer = await self._ask(client, caller, identity)
        said = None
        if answer is not None and answer.status_code == 200:
            said = _read(answer)
        else:
            self.refusals.append(f"{identity}: {'no answer' if answer is None else answer.text}")
        self.operations.append(
            Operation(
                identity,
                began_s,
                loop.time(),
                status=0 if answer is None else answer.status_code,
                echoed_id=identity if said == caller.expected else said,
            )
        )

    async def _ask(
        self, client: httpx2.AsyncClient, caller: Caller, identity: str
    ) -> httpx2.Response | None:
        patience = asyncio.get_running_loop().time() + _PATIENCE_S
        was_sent_away = False
        while True:
            answer = await self._try(client, caller, identity)
            after_s = answer and answer.headers.get("retry-after")
            if answer is None or not after_s or asyncio.get_running_loop().time() > patience:
                return answer
            is_again = answer.status_code == _BUSY and not was_sent_away
            if not is_again and answer.status_code != _UNDER_WAY:
                return answer
            was_sent_away = was_sent_away or is_again
            await asyncio.sleep(float(after_s) + self._dice.uniform(0, 1))

    async def _try(
        self, client: httpx2.AsyncClient, caller: Caller, identity: str
    ) -> httpx2.Response | None:
        headers = {"authorization": caller.key}
        if identity:
            headers["idempotency-key"] = identity
        first = self._dice.randrange(len(self.gateways))
        for turn in range(len(self.gateways)):
            gateway = self.gateways[(first + turn) % len(self.gateways)]
            try:
                return await client.post(
                    gateway + INFERENCE,
                    files={"file": caller.file},
                    data={"language": caller.language},
                    headers=headers,
                )
            except httpx2.TransportError:
                continue
        return None

    @staticmethod
    def _open() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(timeout=_TIMEOUT)


Rows = Mapping[str, Sequence[tuple[str, int]]]
"""By idempotency key: status and number of results of every row."""


async def fetch_rows(platform: Platform, begun: Sequence[str]) -> Rows:
    """Return what is on record of these calls, asked of PostgreSQL itself."""
    url = (platform.data_dir / "secrets" / "ai4v_database_url").read_text()
    rows: dict[str, list[tuple[str, int]]] = {key: [] for key in begun}
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for key, status, results in await connection.fetch(_ROWS, begun):
            rows[key].append((status, results))
    finally:
        await connection.close()
    return rows


def _read(answer: httpx2.Response) -> str:
    return str(answer.json()["output"][0]["source"])


async def _pass(is_over: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await is_over.wait()
    except TimeoutError:
        return
