"""What an engine gives to the worker process that runs it: a factory of handlers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from ai4v.kit.worker.frame import Payload

RequestT = TypeVar("RequestT", bound=msgspec.Struct)
SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)

Reply = tuple[msgspec.Struct, Payload]
"""The response struct and the raw bytes that go with it (b"" for none)."""


@dataclass(frozen=True, slots=True)
class Handler(Generic[RequestT]):
    """One method of a worker.

    A ValueError from `function` is the caller's mistake and reaches the caller as one, message and
    all; any other exception fails that call alone and only its place is logged.
    """

    method: str
    request: type[RequestT]
    function: Callable[[RequestT, memoryview], Reply]
    """Takes the request and its payload, which is valid only during the call."""


@dataclass(frozen=True, slots=True)
class Factory(Generic[SettingsT]):
    """How a worker process gets its engine; a module-level constant, named `module:NAME`."""

    settings: type[SettingsT]
    build: Callable[[SettingsT], Sequence[Handler[Any]]]
    """Loads the engine and returns what it can do; runs once, in the worker."""
