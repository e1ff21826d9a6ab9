"""What a worker is asked to be, what state it is in, and how its calls fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from ai4v.contracts.error import DeadlineExceededError, PlatformError, ServiceUnavailableError
from ai4v.kit.worker.limit import Limits


class WorkerDiedError(ServiceUnavailableError):
    """The worker is not running, or died under the call, which may or may not have had effect."""


class WorkerBusyError(ServiceUnavailableError):
    """As many calls wait as may wait."""


class WorkerDeadlineError(DeadlineExceededError):
    """The call did not end in the time given to it."""


class WorkerCallError(PlatformError):
    """The engine raised something other than ValueError on this call; it is still running."""


class WorkerState(StrEnum):
    """What a worker is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    """Loading, for the first time or again; calls wait."""
    READY = "ready"
    FAILED = "failed"
    """Cannot load, or keeps dying; calls fail at once, and it is tried again later."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """Which engine to run and within what bounds."""

    name: str
    """For logs and messages."""
    factory: str
    """`module:NAME` of an `ai4v.kit.worker.engine.Factory`."""
    settings: msgspec.Struct
    """Of the type that the factory takes."""
    limits: Limits = field(default_factory=Limits)
    environment: Mapping[str, str] = field(default_factory=dict)
    """All the environment that the child gets, besides Python's own path and thread counts."""
    start_timeout_s: float = 60.0
    stop_grace_s: float = 2.0
    """Between SIGTERM and SIGKILL."""
    call_grace_s: float = 2.0
    """How long past its deadline a call may hold the worker before the worker is killed."""
    queue_limit: int = 32
    backoff_min_s: float = 0.2
    backoff_max_s: float = 10.0
    stable_after_s: float = 10.0
    """A worker that was ready this long starts again with the shortest back-off."""


def backoff_s(deaths: int, spec: WorkerSpec) -> float:
    """Seconds before the next start after `deaths` (>= 1) in a row, without jitter."""
    return min(spec.backoff_max_s, spec.backoff_min_s * 2.0 ** min(deaths - 1, 30))
