import asyncio
import os
import signal
import subprocess
import sys

import msgspec
import psutil
import pytest

from ai4v.kit.worker.frame import (
    MAX_PAYLOAD_BYTES,
    PING,
    PREFIX,
    FrameError,
    Request,
    Response,
    decode_prefix,
    encode_head,
)
from ai4v.kit.worker.limit import Limits, thread_environment
from ai4v.kit.worker.main import Setup, find_factory, read_request, serve, write_response
from tests.support.worker_probe import FACTORY, PROBE, Settings, Text


class Pipe:
    """An end of a pipe that moves at most `step` bytes at a time."""

    def __init__(self, content: bytes = b"", step: int = 7) -> None:
        self.content = bytearray(content)
        self._step = step

    def readinto(self, buffer: memoryview) -> int:
        count = min(self._step, len(buffer), len(self.content))
        buffer[:count] = self.content[:count]
        del self.content[:count]
        return count

    def write(self, data: memoryview) -> int:
        self.content += data[: self._step]
        return min(self._step, len(data))


def frame(request: Request, payload: bytes = b"") -> bytes:
    return encode_head(request, len(payload)) + payload


def setup(settings: msgspec.Struct) -> bytes:
    body = msgspec.msgpack.encode(Setup(Limits(), msgspec.msgpack.encode(settings)))
    return frame(Request(0, "", body))


def responses(pipe: Pipe) -> list[tuple[Response, bytes]]:
    content, found = bytes(pipe.content), []
    while content:
        head_bytes, payload_bytes = decode_prefix(content[: PREFIX.size])
        start = PREFIX.size + head_bytes
        head = msgspec.msgpack.decode(content[PREFIX.size : start], type=Response)
        found.append((head, content[start : start + payload_bytes]))
        content = content[start + payload_bytes :]
    return found


def run(*frames: bytes) -> tuple[int, list[tuple[Response, bytes]]]:
    sink = Pipe()
    status = serve(Pipe(b"".join(frames)), sink, FACTORY)
    return status, responses(sink)


def is_gone(process: psutil.Process) -> bool:
    """Whether it is dead; whoever inherits it may take its time to reap it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_answers_every_call_and_ends_with_the_pipe() -> None:
    body = msgspec.msgpack.encode(Text("x"))
    status, answers = run(
        setup(Settings()),
        frame(Request(1, "echo", body), b"abc"),
        frame(Request(2, "refuse", body)),
        frame(Request(3, "crash", body)),
        frame(Request(4, "nothing", body)),
        frame(Request(5, "hold", body)),
        frame(Request(6, PING, b"")),
    )
    assert status == 0
    assert [(head.call_id, head.outcome) for head, _ in answers] == [
        (0, "done"),
        (1, "done"),
        (2, "refused"),
        (3, "crashed"),
        (4, "crashed"),
        (5, "crashed"),
        (6, "done"),
    ]
    assert answers[1] == (Response(1, "done", body), b"abc")
    assert answers[2][0].message == "x"


def test_a_crash_is_logged_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    run(setup(Settings()), frame(Request(1, "crash", msgspec.msgpack.encode(Text("private")))))
    logged = capsys.readouterr().err
    assert "KeyError" in logged
    assert "private" not in logged


def test_a_failing_load_is_told_and_ends_the_process() -> None:
    status, answers = run(setup(Settings(broken="no model")))
    assert status == 1
    assert answers == [(Response(0, "crashed", message="RuntimeError: no model"), b"")]


def test_a_broken_off_frame_is_the_end() -> None:
    whole = frame(Request(1, "echo", b"body"), b"payload")
    for length in range(len(whole)):
        assert read_request(Pipe(whole[:length])) is None
    assert read_request(Pipe(whole)) == (Request(1, "echo", b"body"), bytearray(b"payload"))


def test_a_frame_longer_than_any_is_refused_before_it_is_allocated() -> None:
    with pytest.raises(FrameError):
        decode_prefix(PREFIX.pack(1, MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(FrameError):
        read_request(Pipe(b"\xff" * 64))


def test_a_response_is_written_whole() -> None:
    sink = Pipe(step=3)
    write_response(sink, Response(9, "done"), b"payload")
    assert responses(sink) == [(Response(9, "done"), b"payload")]


def test_only_a_factory_is_a_factory() -> None:
    assert find_factory(FACTORY) is PROBE
    with pytest.raises(TypeError):
        find_factory("os:getpid")


def test_thread_counts_travel_as_variables() -> None:
    assert thread_environment(Limits()) == {}
    assert set(thread_environment(Limits(threads=2)).values()) == {"2"}


@pytest.mark.parametrize("mode", ["idle", "busy"])
async def test_a_worker_dies_with_its_killed_parent(mode: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.worker_parent",
        mode,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    worker = psutil.Process(int(await parent.stdout.readline()))
    assert worker.is_running()
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(10):
        while not is_gone(worker):  # noqa: ASYNC110 - another process changes it, there is no event
            await asyncio.sleep(0.005)


async def test_a_worker_whose_parent_is_already_gone_leaves() -> None:
    nobody = 2**22 + 1
    orphan = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ai4v.kit.worker.main",
        str(nobody),
        FACTORY,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    _, said = await orphan.communicate()
    assert orphan.returncode == 1
    assert b"parent is gone" in said
