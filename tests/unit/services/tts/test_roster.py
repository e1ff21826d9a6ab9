import asyncio

import pytest

from ai4v.adapters.memory.synthesizer import MemorySynthesizer, MemoryTrouble, make_info
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.services.tts.roster import Performer, Roster
from tests.support.poll import until


def _performer(engine: str, *, is_unloadable: bool = False) -> Performer:
    synthesizer = MemorySynthesizer(
        make_info(engine=engine), MemoryTrouble(is_unloadable=is_unloadable)
    )
    return Performer(synthesizer, retry_s=0.001)


async def _try(performer: Performer) -> None:
    if performer.loader.is_loaded:
        return
    with pytest.raises(ServiceUnavailableError):
        await performer.load()


def _engines(roster: Roster) -> list[str]:
    return [info.engine for info in roster.present]


async def test_engine_counts_as_there_until_it_was_tried() -> None:
    missing = _performer("a", is_unloadable=True)
    roster = Roster([missing, _performer("b")])
    assert _engines(roster) == ["a", "b"]
    await _try(missing)
    assert _engines(roster) == ["b"]
    assert [info.engine for info in roster.infos] == ["a", "b"]


async def test_engine_that_comes_later_is_there() -> None:
    late = _performer("a", is_unloadable=True)
    roster = Roster([late])
    running = asyncio.create_task(late.loader.run())

    async def is_missing() -> bool:
        return late.is_missing

    await until(is_missing)
    with pytest.raises(ServiceUnavailableError):
        roster.require("a")
    assert isinstance(late.synthesizer, MemorySynthesizer)
    late.synthesizer.trouble = MemoryTrouble()
    await running
    assert roster.require("a") is late.synthesizer
    assert _engines(roster) == ["a"]


async def test_health_waits_for_every_first_try_and_needs_one_engine() -> None:
    missing, good = _performer("a", is_unloadable=True), _performer("b")
    roster = Roster([missing, good])
    await good.loader.run()
    with pytest.raises(ServiceUnavailableError, match="a is loading"):
        await roster.check()
    await _try(missing)
    await roster.check()
    await good.synthesizer.close()
    with pytest.raises(ServiceUnavailableError, match="not loaded"):
        await roster.check()
