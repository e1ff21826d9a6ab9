"""Callers of the gateways: each request has an id of its own, and all that happens is recorded."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import httpx2

from tests.support.chaos.history import History, Operation

_TIMEOUT_S: Final = 30.0
_numbers = count()


@dataclass
class Callers:
    """A client of one or several gateways.

    With several, a request whose connection fails is sent to the next, as a client with a list of
    addresses does.
    """

    gateways: Sequence[str]
    key: str
    path: str = "/api/v1/nmt/inference"
    headers: dict[str, str] = field(default_factory=dict)
    timeout_s: float = _TIMEOUT_S
    has_idempotency_keys: bool = False
    """Whether each request carries one, so that it may safely be sent again."""
    operations: list[Operation] = field(default_factory=list)

    @property
    def history(self) -> History:
        """What came of it so far."""
        return History(tuple(self.operations))

    async def steady(self, *, per_s: float, seconds: float) -> History:
        """Send at a steady rate, whether or not answers come; return when all have ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._open() as client, asyncio.TaskGroup() as group:
            for number in range(int(per_s * seconds)):
                await asyncio.sleep(max(0.0, began + number / per_s - loop.time()))
                group.create_task(self._send(client))
        return self.history

    async def busy(self, *, callers: int, until: Callable[[], bool]) -> History:
        """Send over `callers` callers, each one request after the other, until told to stop."""

        async def call(client: httpx2.AsyncClient) -> None:
            while not until():
                await self._send(client)

        async with self._open() as client, asyncio.TaskGroup() as group:
            for _ in range(callers):
                group.create_task(call(client))
        return self.history

    async def at_once(self, count: int) -> History:
        """Send so many requests at the same moment."""
        async with self._open() as client, asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self._send(client))
        return self.history

    async def send(self, body: dict[str, object] | None = None) -> Operation:
        """Send one request."""
        async with self._open() as client:
            return await self._send(client, body)

    def _open(self) -> httpx2.AsyncClient:
        limits = httpx2.Limits(max_connections=400, max_keepalive_connections=400)
        headers = {"authorization": f"Bearer {self.key}", **self.headers}
        return httpx2.AsyncClient(headers=headers, limits=limits, timeout=self.timeout_s)

    async def _send(
        self, client: httpx2.AsyncClient, body: dict[str, object] | None = None
    ) -> Operation:
        loop = asyncio.get_running_loop()
        number = next(_numbers)
        asked = {"id": f"op-{number}", **(body or {})}
        began = loop.time()
        answer = None
        headers = {"idempotency-key": str(asked["id"])} if self.has_idempotency_keys else {}
        for turn in range(len(self.gateways)):
            gateway = self.gateways[(number + turn) % len(self.gateways)]
            try:
                answer = await client.post(gateway + self.path, json=asked, headers=headers)
                break
            except httpx2.TransportError:
                continue
        operation = _judge(str(asked["id"]), began, loop.time(), answer)
        self.operations.append(operation)
        return operation


def _judge(identity: str, began: float, ended: float, answer: httpx2.Response | None) -> Operation:
    if answer is None:
        return Operation(identity, began, ended, 0, None)
    retry = answer.headers.get("retry-after")
    echoed = answer.json().get("id") if answer.status_code == 200 else None
    return Operation(
        identity, began, ended, answer.status_code, echoed, int(retry) if retry else None
    )
