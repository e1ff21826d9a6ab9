import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from ai4v.kit.disconnect import ClientDisconnectedError, run_while_connected


class Line:
    """A connection that ends when told to."""

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def receive(self) -> Message:
        await self.end.wait()
        return {"type": "http.disconnect"}

    @property
    def request(self) -> Request:
        return Request({"type": "http", "method": "POST", "headers": []}, self.receive)


async def test_result_is_returned() -> None:
    async def work() -> int:
        return 7

    assert await run_while_connected(Line().request, work()) == 7


async def test_failure_is_raised() -> None:
    async def work() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await run_while_connected(Line().request, work())


async def test_work_has_ended_when_the_client_is_gone() -> None:
    line = Line()
    ended = False

    async def work() -> None:
        nonlocal ended
        line.end.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended = True

    with pytest.raises(ClientDisconnectedError):
        await run_while_connected(line.request, work())
    assert ended


async def test_work_for_one_who_is_gone_is_not_begun() -> None:
    line = Line()
    line.end.set()
    has_begun = False

    async def work() -> None:
        nonlocal has_begun
        has_begun = True

    with pytest.raises(ClientDisconnectedError):
        await run_while_connected(line.request, work())
    assert not has_begun


async def test_cancelling_ends_the_work() -> None:
    started = asyncio.Event()
    ended = False

    async def work() -> None:
        nonlocal ended
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    running = asyncio.create_task(run_while_connected(Line().request, work()))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended
