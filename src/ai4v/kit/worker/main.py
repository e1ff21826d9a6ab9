"""The worker process: loads one engine, then answers one call after another until its pipe ends.

Started by `ai4v.kit.worker.parent` alone, as
`python -m ai4v.kit.worker.main <parent pid> <module:NAME>`.
Requests come on standard input. Answers leave on what was standard output: descriptor 1 is pointed
at standard error and 0 at nothing before the engine loads, so that no library can break a frame.
"""

import contextlib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ai4v.kit.worker.engine import Factory, Handler
from ai4v.kit.worker.frame import (
    PING,
    PREFIX,
    Payload,
    Request,
    Response,
    decode_prefix,
    encode_head,
    flatten,
)
from ai4v.kit.worker.limit import Limits, apply_limits, die_with_parent


class Setup(msgspec.Struct, frozen=True):
    """Body of the first request."""

    limits: Limits
    settings: bytes
    """msgpack of the factory's settings."""


class Source(Protocol):
    """An unbuffered end to read from."""

    def readinto(self, view: memoryview, /) -> int | None:
        """Fill some of `view`; 0 at the end."""
        ...


class Sink(Protocol):
    """An unbuffered end to write to."""

    def write(self, data: memoryview, /) -> int | None:
        """Take some of `data`."""
        ...


def find_factory(name: str) -> Factory[Any]:
    """Import the factory called `module:NAME`; TypeError when that is something else."""
    module, _, attribute = name.partition(":")
    factory = getattr(importlib.import_module(module), attribute)
    if not isinstance(factory, Factory):
        raise TypeError(f"{name} is not a worker factory")
    return factory


def _fill(source: Source, size: int) -> bytearray | None:
    content = bytearray(size)
    view = memoryview(content)
    done = 0
    while done < size:
        count = source.readinto(view[done:])
        if not count:
            return None
        done += count
    return content


def read_request(source: Source) -> tuple[Request, bytearray] | None:
    """Read one frame; None when the parent has closed the pipe."""
    prefix = _fill(source, PREFIX.size)
    if prefix is None:
        return None
    head_bytes, payload_bytes = decode_prefix(prefix)
    head = _fill(source, head_bytes)
    payload = _fill(source, payload_bytes)
    if head is None or payload is None:
        return None
    return msgspec.msgpack.decode(head, type=Request), payload


def write_response(sink: Sink, head: Response, payload: Payload = b"") -> None:
    """Write one frame."""
    body = flatten(payload)
    for part in (memoryview(encode_head(head, len(body))), body):
        done = 0
        while done < len(part):
            done += sink.write(part[done:]) or 0


def _log_crash(place: str, error: BaseException) -> None:
    """Say where it happened; never the message, which may quote a caller's content."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    sys.stderr.write(f"worker {place}: {type(error).__name__}\n{frames}")
    sys.stderr.flush()


def answer(
    handlers: Mapping[str, Handler[Any]], request: Request, payload: bytearray
) -> tuple[Response, Payload]:
    """Carry out one call; every failure becomes an answer."""
    try:
        if request.method == PING:
            return Response(request.call_id, "done"), b""
        handler = handlers[request.method]
        typed = msgspec.msgpack.decode(request.body, type=handler.request)
        reply, content = handler.function(typed, memoryview(payload))
    except msgspec.DecodeError as error:
        _log_crash(request.method, error)
        return Response(request.call_id, "crashed", message="the request has another shape"), b""
    except ValueError as error:
        return Response(request.call_id, "refused", message=str(error)), b""
    except Exception as error:  # noqa: BLE001 - the edge of this process: one call fails, not all
        _log_crash(request.method, error)
        return Response(request.call_id, "crashed", message=type(error).__name__), b""
    return Response(request.call_id, "done", msgspec.msgpack.encode(reply)), content


def _load(factory_name: str, request: Request) -> Mapping[str, Handler[Any]]:
    setup = msgspec.msgpack.decode(request.body, type=Setup)
    apply_limits(setup.limits)
    factory = find_factory(factory_name)
    settings = msgspec.msgpack.decode(setup.settings, type=factory.settings)
    return {handler.method: handler for handler in factory.build(settings)}


def serve(source: Source, sink: Sink, factory_name: str) -> int:
    """Load, say so, answer until the pipe ends; return the exit status."""
    first = read_request(source)
    if first is None:
        return 0
    try:
        handlers = _load(factory_name, first[0])
    except Exception as error:  # noqa: BLE001 - the edge of this process: the parent must be told why
        _log_crash("start", error)
        write_response(sink, Response(0, "crashed", message=f"{type(error).__name__}: {error}"))
        return 1
    write_response(sink, Response(0, "done"))
    while (frame := read_request(source)) is not None:
        head, content = answer(handlers, *frame)
        del frame
        write_response(sink, head, content)
        del content
    return 0


def main() -> None:
    """Run as a worker of the process whose id is the first argument."""
    die_with_parent(int(sys.argv[1]))
    source = io.FileIO(os.dup(0), "rb")
    sink = io.FileIO(os.dup(1), "wb")
    os.dup2(2, 1)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(BrokenPipeError):
        status = serve(source, sink, sys.argv[2])
        sys.stderr.flush()
        os._exit(status)
    os._exit(0)


if __name__ == "__main__":
    main()
