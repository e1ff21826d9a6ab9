"""A request to any instance of a service; answers that keep their turn until they are closed."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ai4v.kit.balance import Turn
from ai4v.kit.deadline import Deadline
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import (
    Channel,
    ChannelClosedError,
    Header,
    UpstreamAnswer,
    UpstreamRequest,
)

_RETRY_AFTER: Final = b"retry-after"
_UNKNOWN_S: Final = 1.0


@dataclass(slots=True)
class Call:
    """A request that is to be answered by some instance of a service."""

    service: str
    build: Callable[[Instance], UpstreamRequest]
    """Makes the request for an instance; called for each attempt, with what is left of the time."""
    is_repeatable: bool
    """Whether the service may be asked twice: the method or a key says so, the body is bytes."""
    deadline: Deadline
    sticky: str | None = None
    """The same key leads to the same instance."""
    may_hedge: bool = False


class TurnAnswer:
    """An answer; the instance counts as busy until it is closed."""

    __slots__ = ("_answer", "_turn", "headers", "status")

    def __init__(self, answer: UpstreamAnswer, turn: Turn) -> None:
        self._answer = answer
        self._turn = turn
        self.status = answer.status
        self.headers = answer.headers

    def read(self) -> Coroutine[Any, Any, bytes]:
        """Return the next piece of the body."""
        return self._answer.read()

    def close(self) -> None:
        """Let go of the connection and the turn."""
        self._answer.close()
        self._turn.end()


class TurnChannel:
    """A WebSocket; the instance counts as busy until it is closed, by whichever side."""

    __slots__ = ("_channel", "_turn")

    status: Final = 101

    def __init__(self, channel: Channel, turn: Turn) -> None:
        self._channel = channel
        self._turn = turn

    @property
    def subprotocol(self) -> str | None:
        """The one agreed on."""
        return self._channel.subprotocol

    async def receive(self) -> str | bytes:
        """Return the next message."""
        try:
            return await self._channel.receive()
        except ChannelClosedError:
            self._turn.end()
            raise

    def send(self, message: str | bytes) -> Coroutine[Any, Any, None]:
        """Send a message."""
        return self._channel.send(message)

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, and let go of the turn."""
        self._turn.end()
        await self._channel.close(code, reason)


def read_retry_after(headers: Sequence[Header]) -> float:
    """Return the seconds that Retry-After asks for; 0 without one, 1 for a date or nonsense."""
    for name, value in headers:
        if name == _RETRY_AFTER:
            return float(value) if value.isdigit() and len(value) < 9 else _UNKNOWN_S
    return 0.0
