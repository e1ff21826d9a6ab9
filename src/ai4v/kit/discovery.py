"""Instances find each other: a lease says "I am here", a directory says who is.

Both go on when the registry is down: a lease is taken again as soon as it can be, a directory
keeps what it last knew.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.background import Background, repeat
from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.directoryfile import DirectoryFile, Known
from ai4v.kit.log import get_logger
from ai4v.ports.registry import Instance, Registry, RegistryUnavailableError

_log: Final = get_logger(__name__)


class NoInstanceError(ServiceUnavailableError):
    """No instance of the service is known to be alive."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How a lease is kept; seconds."""

    heartbeat_s: float = 3.0
    """Between renewals."""
    lease_s: float = 10.0
    """How long an instance that stopped renewing stays listed; several heartbeats."""


@dataclass(frozen=True, slots=True)
class DirectoryTimes:
    """How a directory keeps up; seconds."""

    poll_s: float = 2.0
    """Between looks at the registry, for what nobody announces: leases that ran out."""
    retry_s: float = 1.0
    """Before listening again after the store was lost."""
    save_s: float = 600.0
    """Between writes of what has not changed, so that its age on disk stays small."""
    doubt_s: float = 10.0
    """How long an empty answer that nobody announced is not believed: one lease.

    A store that lost its data says that nobody is there until the instances have renewed: so does
    one that is back after a time without answers, and then the doubt begins anew."""


class Lease:
    """Keeps this process listed while the context is open.

    Entering never waits for a registry that is down; the heartbeat goes on trying.
    """

    def __init__(
        self, registry: Registry, instance: Instance, times: LeaseTimes | None = None
    ) -> None:
        self._registry = registry
        self._instance = instance
        self._times = times or LeaseTimes()
        self._heart = Background(f"lease of {instance.service}")
        self._is_held: bool | None = None
        self._has_tried = asyncio.Event()

    @property
    def is_held(self) -> bool:
        """Whether the latest renewal reached the registry."""
        return self._is_held is True

    async def __aenter__(self) -> Self:
        """Start the heartbeat, and wait until it has tried to register."""
        self._heart.start(repeat(self._renew, name="lease", pause_s=self._times.heartbeat_s))
        try:
            await self._has_tried.wait()
        except asyncio.CancelledError:
            await self._heart.stop()
            raise
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop the heartbeat and deregister; a registry that is down lets the lease run out."""
        await self._heart.stop()
        self._is_held = None
        try:
            await self._registry.deregister(self._instance)
        except RegistryUnavailableError:
            _log.warning("not deregistered: the lease will run out", lease_s=self._times.lease_s)

    async def _renew(self) -> None:
        is_held = False
        try:
            await self._registry.register(self._instance, lease_s=self._times.lease_s)
            is_held = True
        finally:
            self._note(is_held=is_held)

    def _note(self, *, is_held: bool) -> None:
        self._has_tried.set()
        if is_held is not self._is_held:
            self._is_held = is_held
            _log.info("lease changed", is_held=is_held, instance=self._instance.instance_id)


class Directory:
    """Knows the live instances of some services while the context is open.

    Answers at once from memory. While the registry is down it keeps what it last knew; when the
    registry has named nobody since the start, what a file says that an earlier process saved.
    """

    def __init__(
        self,
        registry: Registry,
        services: Sequence[str],
        *,
        file: DirectoryFile | None = None,
        times: DirectoryTimes | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Watch `services`.

        Args:
            registry: where instances are listed.
            services: names to watch; others are unknown here.
            file: keeps what is known for the next start; None: nothing is kept.
            times: how closely to watch.
            clock: measures the doubt about silence.
        """
        self._registry = registry
        self._services = tuple(services)
        self._file = file
        self._saved: Known = {}
        self._saved_s = -math.inf
        self._times = times or DirectoryTimes()
        self._clock = clock or SystemClock()
        self._known: dict[str, tuple[Instance, ...]] = {}
        self._silent_since_s: dict[str, float] = {}
        self._one_look = asyncio.Lock()
        self._is_stale = True
        self._listener = Background("directory listener")
        self._poller = Background("directory poller")

    @property
    def is_stale(self) -> bool:
        """Whether the registry did not answer when last asked."""
        return self._is_stale

    async def __aenter__(self) -> Self:
        """Look once, then listen and poll."""
        if self._file is not None:
            self._saved = await asyncio.to_thread(self._file.load)
        await self._look()
        self._listener.start(
            repeat(self._listen, name="directory listener", pause_s=self._times.retry_s)
        )
        self._poller.start(repeat(self._poll, name="directory poller", pause_s=self._times.poll_s))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop listening and polling."""
        await self._listener.stop()
        await self._poller.stop()

    def instances(self, service: str) -> tuple[Instance, ...]:
        """Return the instances of `service` believed alive, sorted by id; empty when none is."""
        known = self._known.get(service)
        return self._saved.get(service, ()) if known is None else known

    async def _poll(self) -> None:
        await self._look()
        await self._save()

    async def _listen(self) -> None:
        async with self._registry.changes() as changes:
            await self._look()
            async for service in changes:
                if service in self._services:
                    await self._look_at(service, is_announced=True)

    async def _look(self) -> None:
        try:
            for service in self._services:
                await self._look_at(service, is_announced=False)
        except RegistryUnavailableError:
            self._silent_since_s.clear()
            self._note(is_stale=True)
        else:
            self._note(is_stale=False)

    async def _save(self) -> None:
        """Write down what is believed, at most once a poll; silence is not written down."""
        believed = {service: self.instances(service) for service in self._services}
        known = {service: found for service, found in believed.items() if found}
        if self._file is None or self._is_stale or not known:
            return
        now_s = self._clock.monotonic_s()
        if known == self._saved and now_s - self._saved_s < self._times.save_s:
            return
        self._saved, self._saved_s = known, now_s
        await asyncio.to_thread(self._file.save, known)

    async def _look_at(self, service: str, *, is_announced: bool) -> None:
        async with self._one_look:
            self._take(service, await self._registry.instances(service), is_announced=is_announced)

    def _take(self, service: str, found: tuple[Instance, ...], *, is_announced: bool) -> None:
        if found or is_announced or not self.instances(service):
            self._silent_since_s.pop(service, None)
            self._known[service] = found
            return
        now_s = self._clock.monotonic_s()
        since_s = self._silent_since_s.setdefault(service, now_s)
        if now_s - since_s >= self._times.doubt_s:
            self._known[service] = ()

    def _note(self, *, is_stale: bool) -> None:
        if is_stale is not self._is_stale:
            self._is_stale = is_stale
            _log.info("directory changed", is_stale=is_stale)
