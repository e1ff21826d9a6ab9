"""An engine that does nothing useful, to see what a worker does around it."""

import ctypes
import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from ai4v.kit.worker.engine import Factory, Handler, Reply


class Settings(msgspec.Struct, frozen=True):
    broken: str = ""
    """Message of the error that loading raises; empty loads."""
    once: str = ""
    """Path of a file: the first life writes it, later lives cannot load."""


class Text(msgspec.Struct, frozen=True):
    text: str = ""


class Hold(msgspec.Struct, frozen=True):
    """Hang inside a native call, with the GIL released (or held), for `seconds`."""

    seconds: float
    holds_gil: bool = False
    text: str = ""


class State(msgspec.Struct, frozen=True):
    pid: int
    address_space: int
    nice: int
    environment: dict[str, str]
    descriptors: list[int]
    standard_input: bytes


def _echo(request: Text, payload: memoryview) -> Reply:
    return request, bytes(payload)


def _refuse(request: Text, payload: memoryview) -> Reply:
    raise ValueError(request.text)


def _crash(request: Text, payload: memoryview) -> Reply:
    raise KeyError(request.text)


def _die(request: Text, payload: memoryview) -> Reply:
    os.kill(os.getpid(), signal.SIGKILL)
    return request, b""


def _print(request: Text, payload: memoryview) -> Reply:
    sys.stdout.write(request.text)
    sys.stdout.flush()
    os.write(1, b"\n")
    return request, b""


def _hold(request: Hold, payload: memoryview) -> Reply:
    if request.holds_gil:
        ctypes.PyDLL(None).usleep(int(request.seconds * 1e6))
    else:
        threading.Event().wait(request.seconds)
    return Text(request.text), b""


def _allocate(request: Text, payload: memoryview) -> Reply:
    return request, bytearray(int(request.text))


def _state(request: Text, payload: memoryview) -> Reply:
    state = State(
        pid=os.getpid(),
        address_space=resource.getrlimit(resource.RLIMIT_AS)[0],
        nice=os.nice(0),
        environment=dict(os.environ),  # noqa: TID251 - the test looks at what a child inherits
        descriptors=[int(link.name) for link in Path("/proc/self/fd").iterdir()],
        standard_input=os.read(0, 1),
    )
    return state, b""


def _build(settings: Settings) -> list[Handler[Text] | Handler[Hold]]:
    if settings.broken:
        raise RuntimeError(settings.broken)
    if settings.once:
        Path(settings.once).touch(exist_ok=False)
    return [
        Handler("echo", Text, _echo),
        Handler("refuse", Text, _refuse),
        Handler("crash", Text, _crash),
        Handler("die", Text, _die),
        Handler("print", Text, _print),
        Handler("hold", Hold, _hold),
        Handler("allocate", Text, _allocate),
        Handler("state", Text, _state),
    ]


PROBE: Final = Factory(Settings, _build)
FACTORY: Final = "tests.support.worker_probe:PROBE"
