from collections.abc import AsyncIterator

import pytest

from tests.service.gateway.echo import make_router
from tests.service.gateway.house import ASR, House, make_service, open_house
from tests.service.gateway.talk import Talk


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A gateway with the auth service and nothing else."""
    async with open_house() as opened:
        yield opened


@pytest.fixture
async def echo(house: House) -> House:
    """The same with a speech service that tells what reached it."""
    await house.add("asr", ASR, make_service("asr", make_router()))
    return house


@pytest.fixture
def talk() -> Talk:
    """A speech service that streams."""
    return Talk()


@pytest.fixture
async def live(house: House, talk: Talk) -> House:
    """A gateway with it behind."""
    await house.add("asr", ASR, talk)
    return house
