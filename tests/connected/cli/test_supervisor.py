"""The life of a platform: what happens when processes, the supervisor or the ports are taken."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.support.platform import Platform, empty_platform, run_platform
from tests.support.poll import until

pytestmark = pytest.mark.connected

RECOVERY_S = 60.0
STOP_S = 60.0


async def await_health(platform: Platform, *, but: int | None = None) -> None:
    """Return once all is well; a process with the id `but` does not count."""

    async def is_healthy() -> bool:
        state = platform.state
        pids = {unit.pid for unit in state.units}
        is_well = {unit.health for unit in state.units} == {"healthy"}
        return state.phase == "ready" and is_well and not pids & {None, but}

    await until(is_healthy, timeout_s=RECOVERY_S)


async def test_killed_processes_come_back_and_a_killed_supervisor_takes_all_along() -> None:
    with run_platform() as platform:
        for name in platform.topology.ports:
            old = platform.pid(name)
            assert old is not None
            os.kill(old, signal.SIGKILL)
            await await_health(platform, but=old)
        assert {unit.restarts for unit in platform.state.units} == {1}

        family = platform.find_family()
        os.kill(platform.state.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
        assert platform.run("status").returncode == 1

        again = platform.run("up", "--detach", "--accept-licences", "--json")
        assert again.returncode == 0, again.stderr
        await await_health(platform)


async def test_interrupt_stops_everything_in_order() -> None:
    with empty_platform() as platform:
        process = await start_in_foreground(platform)
        family = platform.find_family()

        os.killpg(process.pid, signal.SIGINT)

        assert await asyncio.wait_for(process.wait(), STOP_S) == 0
        _, alive = psutil.wait_procs(family, timeout=5)
        assert alive == []
        assert platform.find_remains() == []
        lines = (platform.data_dir / "log" / "supervisor.log").read_text().splitlines()
        assert [line.split(" ", 1)[1] for line in lines[-5:]] == [
            "stopped gateway",
            "stopped auth, asr, tts, nmt, pipeline",
            "stopped valkey",
            "stopped postgres",
            "stopped",
        ]


def _heed_interrupts() -> None:
    """As in a terminal; a shell has what it runs in the background ignore them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


async def start_in_foreground(platform: Platform) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *platform.command("up", "--accept-licences"),
        env=platform.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.readuntil(b"Ctrl-C stops everything."), 240)
    assert b"API key" in said
    return process


def test_busy_port_is_named_with_its_holder_and_nothing_is_left() -> None:
    with empty_platform() as platform, socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", platform.topology.service("auth").port))
        holder.listen()
        refused = platform.run("up", "--accept-licences")
    assert refused.returncode == 1
    assert f"which auth needs, is taken by pid {os.getpid()}" in refused.stderr
    assert "AI4V_PORT_SHIFT=" in refused.stderr


def test_start_that_fails_says_why_and_stops_what_it_started() -> None:
    unknown_engine = {"AI4V_ASR_RECOGNIZER_URL": "nothing://"}
    with empty_platform() as platform:
        log_file = platform.data_dir / "log" / "supervisor.log"
        log_file.parent.mkdir()
        log_file.write_text("ai4v: something of yesterday\n")
        failed = platform.run("up", "--accept-licences", "--detach", environment=unknown_engine)
        assert failed.returncode == 1
        assert "ai4v: asr does not start; " in failed.stderr
        assert "yesterday" not in failed.stderr
        assert platform.find_remains() == []


def test_models_are_not_fetched_without_a_yes(tmp_path: Path) -> None:
    with empty_platform() as platform:
        refused = platform.run("up", environment={"AI4V_MODEL_DIR": str(tmp_path)})
    assert refused.returncode == 1
    assert "MIT, Copyright (c) 2022 OpenAI" in refused.stderr
    assert "--accept-licences" in refused.stderr
