"""WebSockets that pass through the gateway: who may open one, and when one ends."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import parse_qs, unquote

from ai4v.contracts.error import (
    AuthenticationError,
    AuthorizationError,
    NotFoundError,
    PlatformError,
    RateLimitExceededError,
    ServiceUnavailableError,
)
from ai4v.kit.background import repeat
from ai4v.kit.clock import Clock
from ai4v.kit.deadline import Deadline
from ai4v.kit.drain import Drain
from ai4v.kit.identity import TokenSigner
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import HandshakeRefusedError, Header, UpstreamRequest
from ai4v.services.gateway.attempt.attempt import Attempts, Call
from ai4v.services.gateway.door.credential import SUBPROTOCOL
from ai4v.services.gateway.door.guest import Guest
from ai4v.services.gateway.door.verification import CredentialVerifier
from ai4v.services.gateway.passage.channel import Ending, Limits, Stream
from ai4v.services.gateway.passage.path import spell_target
from ai4v.services.gateway.passage.proxy import make_own_headers
from ai4v.services.gateway.passage.visit import Visit
from ai4v.services.gateway.routing import Route

_HANDSHAKE_S: Final = 10.0
_OWN: Final = "ai4v"
"""Agreed on when the service agrees on nothing: a browser must be given one of those it offers."""
_SWITCHING: Final = 101
_REVOKED: Final = Ending(4401, "the key is not good any more")
_IDLE: Final = Ending(1001, "nothing was said for too long")
_STALLED: Final = Ending(1013, "what was sent is not read")
_RESTART: Final = Ending(1012, "the gateway restarts; connect again")
_LAST_S: Final = 1.0
_AT_ONCE: Final = 100
"""Streams that are ended in one turn of the event loop."""


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """How many streams there may be, and how long they last."""

    most: int = 2_000
    most_per_subject: int = 20
    idle_s: float = 60.0
    """Without a message from either side."""
    stall_s: float = 30.0
    """With a message that the client does not read."""
    check_s: float = 5.0
    """Between looks whether the keys of open streams are still good."""
    drain_s: float = 10.0
    limits: Limits = field(default_factory=Limits)


class Streams:
    """All WebSockets of this process.

    Args:
        attempts: reach an instance.
        verifier: knows whose a credential is.
        signer: mints the token that tells the service who is asking.
        drain: says when the process was told to stop.
        clock: measures idleness.
        policy: the numbers.
    """

    def __init__(
        self,
        attempts: Attempts,
        verifier: CredentialVerifier,
        signer: TokenSigner,
        drain: Drain,
        clock: Clock,
        policy: StreamPolicy,
    ) -> None:
        self._attempts = attempts
        self._verifier = verifier
        self._signer = signer
        self._drain = drain
        self._clock = clock
        self._policy = policy
        self._streams: set[Stream] = set()
        self._subjects: Counter[str] = Counter()
        self._rechecks: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._streams)

    async def serve(self, visit: Visit, route: Route, guest: Guest, credential: str) -> None:
        """Open a stream to the service and pass messages on until either side ends it.

        Raises:
            PlatformError: it was not opened.
        """
        self._check_room(guest)
        self._subjects[guest.subject] += 1
        try:
            with self._drain.stream():
                await self._serve(visit, route, guest, credential)
        finally:
            self._subjects[guest.subject] -= 1
            if not self._subjects[guest.subject]:
                del self._subjects[guest.subject]

    def recheck(self, digest: str) -> None:
        """Look again at a credential that was revoked or changed."""
        streams = [item for item in self._streams if item.digest == digest]
        if streams:
            task = asyncio.create_task(self._recheck(streams), name="recheck of streams")
            self._rechecks.add(task)
            task.add_done_callback(self._rechecks.discard)

    async def patrol(self) -> None:
        """Look after the streams for good."""
        await repeat(self.look, name="patrol of streams", pause_s=self._policy.check_s)

    async def look(self) -> None:
        """End the streams that are idle, stuck, or whose key is not good any more."""
        now_s = self._clock.monotonic_s()
        by_digest: dict[str, list[Stream]] = {}
        for stream in tuple(self._streams):
            if now_s - stream.heard_s > self._policy.idle_s:
                stream.end(_IDLE)
            elif stream.stalled_s and now_s - stream.stalled_s > self._policy.stall_s:
                stream.end(_STALLED)
            else:
                by_digest.setdefault(stream.digest, []).append(stream)
        for streams in by_digest.values():
            await self._recheck(streams)

    async def end_at_drain(self) -> None:
        """Once the process was told to stop: tell the clients, then end what goes on."""
        await self._drain.wait()
        left_s = max(0.0, self._policy.drain_s - _LAST_S)
        text = f'{{"type":"going_away","deadlineMs":{round(left_s * 1000)}}}'
        for stream in tuple(self._streams):
            stream.tell(text)
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._drain.wait_until_idle()
        for stream in tuple(self._streams):
            stream.end(_RESTART)

    async def close(self) -> None:
        """Give up the looks that are under way."""
        for task in tuple(self._rechecks):
            task.cancel()

    def _check_room(self, guest: Guest) -> None:
        if self._drain.is_draining:
            raise ServiceUnavailableError("this gateway is about to stop; try again")
        if sum(self._subjects.values()) >= self._policy.most:
            raise ServiceUnavailableError("too many streams are open; try again")
        if self._subjects[guest.subject] >= self._policy.most_per_subject:
            raise RateLimitExceededError(
                f"{self._policy.most_per_subject} streams are open with this key", retry_after_s=5
            )

    async def _serve(self, visit: Visit, route: Route, guest: Guest, credential: str) -> None:
        offered: Sequence[str] = visit.scope.get("subprotocols", ())
        asked = [name for name in offered if not name.startswith(SUBPROTOCOL)]
        try:
            channel = await self._attempts.connect(self._make_call(visit, route, guest), asked)
        except HandshakeRefusedError as error:
            raise _explain(error) from None
        agreed = channel.subprotocol or (_OWN if _OWN in asked else None)
        visit.status = _SWITCHING
        visit.is_begun = True
        visit.forget_head()
        stream = Stream(visit, channel, credential, self._policy.limits, self._clock)
        self._streams.add(stream)
        try:
            await visit.send({"type": "websocket.accept", "subprotocol": agreed})
            await stream.run()
        finally:
            self._streams.discard(stream)

    def _make_call(self, visit: Visit, route: Route, guest: Guest) -> Call:
        headers = [*visit.head.kept, *make_own_headers(visit, route, self._signer)]
        session = parse_qs(visit.scope["query_string"].decode("latin-1")).get("session")
        return Call(
            route.service,
            partial(_build, visit, headers),
            is_repeatable=True,
            deadline=Deadline(_HANDSHAKE_S),
            sticky=f"{guest.subject} {session[0]}" if session else None,
        )

    async def _recheck(self, streams: Sequence[Stream]) -> None:
        """Look again at one credential, and end its streams, some at a time."""
        guest: Guest | None = None
        try:
            guest = await self._verifier.recheck(streams[0].credential)
        except (AuthenticationError, AuthorizationError):
            pass
        except PlatformError:
            return
        for number, stream in enumerate(streams, 1):
            if guest is None or not _may_stay(stream, guest):
                stream.end(_REVOKED)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)


def _explain(error: HandshakeRefusedError) -> PlatformError:
    """Say why a service does not open a stream; of its answer there is only the status."""
    if error.answer_status == NotFoundError.status:
        return NotFoundError("there is no stream at this path")
    if error.answer_status == AuthorizationError.status:
        return AuthorizationError("this stream is not for you: it needs another permission")
    if error.answer_status == ServiceUnavailableError.status:
        return ServiceUnavailableError("the service opens no stream now; try again")
    return error


def _may_stay(stream: Stream, guest: Guest) -> bool:
    try:
        guest.check(stream.client, stream.service)
    except AuthorizationError:
        return False
    return True


def _build(visit: Visit, headers: list[Header], instance: Instance) -> UpstreamRequest:
    query = b"&".join(
        part
        for part in visit.scope["query_string"].split(b"&")
        if part and unquote(part.partition(b"=")[0].decode("latin-1")) != "api_key"
    )
    target = spell_target(visit.path, query, visit.scope.get("raw_path") or b"")
    return UpstreamRequest("GET", instance.base_url, target, headers)
