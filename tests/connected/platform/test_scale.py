"""Two gateways and three recognizers on one machine, each caller with speech of its own.

Any is killed, any stands still for a while, all are restarted in turn: 99.9 % of the calls succeed,
nobody is told what another said, and whatever was answered is on record, once.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Final

import httpx2
import psutil
import pytest
import pytest_asyncio

from ai4v.cli.port import LOOPBACK
from ai4v.cli.replica import list_replicas
from tests.connected.platform.client import read_file
from tests.connected.platform.crowd import Caller, Crowd, fetch_rows
from tests.support.chaos.figure import tell
from tests.support.chaos.history import History
from tests.support.chaos.scope import choose
from tests.support.platform import Platform, run_platform
from tests.support.poll import until

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_SCALE: Final = {"gateway": 2, "asr": 3}
_UNITS: Final = ("gateway", "gateway-2", "asr", "asr-2", "asr-3")
_CLIPS: Final = (
    *(("en", f"{name}.flac") for name in ("card1", "card3", "goforward", "something", "digits")),
    *(("hi", f"{number:02}.ogg") for number in (2, 7, 14, 15)),
    *(("hi-second", f"{number:02}.ogg") for number in (12, 19)),
)
_PERIOD_S: Final = 6.0
_WELL_S: Final = 120.0
_UNLIMITED: Final = 1_000_000
_LIMITS: Final = ("per_minute", "per_hour", "per_day", "audio_s_per_day", "characters_per_day")


@pytest.fixture(scope="module")
def house() -> Iterator[Platform]:
    scale = [word for name, count in _SCALE.items() for word in ("--scale", f"{name}={count}")]
    with run_platform(*scale) as running:
        yield running


def _gateways(house: Platform) -> list[str]:
    replicas = list_replicas(house.topology, _SCALE)
    ports = [item.service.port for item in replicas if item.name.startswith("gateway")]
    return [f"http://{LOOPBACK}:{port}" for port in ports]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(house: Platform) -> AsyncIterator[Crowd]:
    """Yield callers who know what they will be told."""
    gateways = _gateways(house)
    async with httpx2.AsyncClient(base_url=gateways[0]) as client:
        first = house.first_run
        signed_in = await client.post(
            "/api/v1/auth/login", json={"username": first.username, "password": first.password}
        )
        headers = {"authorization": f"Bearer {signed_in.json()['access_token']}"}
        body = {"name": "crowd", "limits": dict.fromkeys(_LIMITS, _UNLIMITED)}
        keys = [
            (await client.post("/api/v1/auth/keys", json=body, headers=headers)).json()["key"]
            for _ in _CLIPS
        ]
    callers = [
        Caller(key, read_file(name, folder), folder[:2], _PERIOD_S)
        for key, (folder, name) in zip(keys, _CLIPS, strict=True)
    ]
    made = Crowd(gateways, callers)
    await _await_well(house)
    await made.learn()
    yield made


async def _await_well(house: Platform) -> None:
    """Return once every process is well and every gateway has all recognizers."""

    async def is_well() -> bool:
        if any(unit.health != "healthy" for unit in house.state.units):
            return False
        async with httpx2.AsyncClient() as client:
            for gateway in _gateways(house):
                status = (await client.get(f"{gateway}/api/v1/status")).json()
                asr = next(item for item in status["services"] if item["name"] == "asr")
                if len(asr["instances"]) != _SCALE["asr"]:
                    return False
        return True

    await until(is_well, timeout_s=_WELL_S)


async def _kill(house: Platform, name: str) -> None:
    pid = house.pid(name)
    assert pid is not None
    psutil.Process(pid).kill()

    async def is_back() -> bool:
        return house.pid(name) not in {None, pid}

    await until(is_back, timeout_s=_WELL_S)


async def _pause(house: Platform, name: str, seconds: float) -> None:
    """Stop a process and its engines for so long, the process first."""
    pid = house.pid(name)
    assert pid is not None
    own = psutil.Process(pid)
    family = [own, *own.children(recursive=True)]
    for process in family:
        process.suspend()
    await asyncio.sleep(seconds)
    for process in family:
        process.resume()


async def _restart(house: Platform, names: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *house.command("restart", *names),
        env=house.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _under_load(
    house: Platform, crowd: Crowd, what: str, harms: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    begun, before = len(crowd.begun), len(crowd.operations)
    async with crowd.asking():
        await asyncio.sleep(_PERIOD_S)
        for harm in harms:
            await harm()
            await _await_well(house)
        await asyncio.sleep(_PERIOD_S)
    history = History(tuple(crowd.operations[before:]))
    tell(
        f"{what}, 2 gateways and 3 recognizers",
        requests=float(len(history.operations)),
        success=history.success,
        p50_s=history.percentile(0.5),
        p99_s=history.percentile(0.99),
    )
    assert history.mixed_up == ()
    assert history.success >= 0.999, crowd.refusals
    rows = await fetch_rows(house, crowd.begun[begun:])
    answered = {item.id: rows[item.id] for item in history.operations if item.is_ok}
    assert [key for key, found in answered.items() if found.count(("completed", 1)) != 1] == []


async def test_any_is_killed(house: Platform, crowd: Crowd) -> None:
    names = choose(("asr-2", "gateway-2"), _UNITS)
    await _under_load(house, crowd, "killed", [partial(_kill, house, name) for name in names])


async def test_any_stands_still(house: Platform, crowd: Crowd) -> None:
    names = choose(("asr-3",), _UNITS)
    await _under_load(house, crowd, "paused", [partial(_pause, house, name, 8.0) for name in names])


async def test_all_are_restarted_in_turn(house: Platform, crowd: Crowd) -> None:
    names = choose(("asr", "gateway"), _UNITS)
    await _under_load(house, crowd, "restarted", [partial(_restart, house, names)])
