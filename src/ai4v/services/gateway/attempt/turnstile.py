"""The places of one service, and those who wait for one, each subject in its turn."""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ai4v.kit.clock import Clock
from ai4v.kit.deadline import Deadline
from ai4v.services.gateway.attempt.concurrency import AdaptiveLimit, ShedPolicy

_BEHIND_S: Final = 0.002
"""So much that the pace was slower than allowed is made up for; a timer is not more exact."""


class Reason(StrEnum):
    """Why a request is not let in."""

    FULL = "full"
    """As many wait as could be let in soon."""
    LATE = "late"
    """It would not be answered before its deadline."""
    EVICTED = "evicted"
    """It waited, and gave way to a subject that asks for less."""
    OVERDUE = "overdue"
    """It waited for longer than is good."""


class Permit:
    """Leave to ask a service. Released once; later calls do nothing."""

    __slots__ = ("_began_s", "_is_open", "_party", "_turnstile")

    def __init__(self, turnstile: "Turnstile", party: "_Party", began_s: float) -> None:
        self._turnstile = turnstile
        self._party = party
        self._began_s = began_s
        self._is_open = True

    def release(self, *, is_success: bool) -> None:
        """Give the place back.

        Args:
            is_success: an answer came and was no 503. A refusal or a timeout says that the
                service is given too much.
        """
        if self._is_open:
            self._is_open = False
            self._turnstile.leave(self._party, self._began_s, is_success=is_success)

    def forget(self) -> None:
        """Give the place back for a reason that says nothing of the service: the client left."""
        if self._is_open:
            self._is_open = False
            self._turnstile.leave(self._party, self._began_s, is_success=None)


@dataclass(slots=True)
class _Party:
    """One subject that is inside or waits."""

    subject: str
    inside: int = 0
    waiters: "deque[asyncio.Future[Permit | Reason]]" = field(default_factory=deque)

    def claim(self) -> int:
        """Return how many places it has and wants."""
        return self.inside + len(self.waiters)


class Turnstile:
    """Counts who is inside; places go round among the subjects that wait (R8).

    A round robin with one request a turn, in which a subject that has its even share of the
    places gives way to those that have less. Places that become free all at once are given away
    one after another: otherwise answers that take equally long come all at once for ever.
    """

    def __init__(self, policy: ShedPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._limit = AdaptiveLimit(policy, clock.monotonic_s())
        self._parties: dict[str, _Party] = {}
        self._round: dict[str, _Party] = {}
        self._next_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.inside = 0
        self.waiting = 0

    @property
    def limit(self) -> float:
        """How many may be inside."""
        return self._limit.value

    def pass_through(self, subject: str) -> Permit | None:
        """Return a permit when there is a place and nobody waits for it."""
        if self.waiting or self.inside >= int(self._limit.value):
            return None
        return self._let_in(self._parties.get(subject) or self._party(subject))

    async def wait(self, subject: str, deadline: Deadline) -> Permit | Reason:
        """Return a permit as soon as it is this subject's turn, or why it will not be.

        Raises:
            DeadlineExceededError: the deadline has passed.
        """
        left_s = deadline.remaining_s()
        party = self._party(subject)
        target_s = self._target_s()
        refusal = self._find_refusal(party, target_s, left_s)
        if refusal is not None:
            self._limit.note_refusal()
            self._forget_idle(party)
            return refusal
        ticket: asyncio.Future[Permit | Reason] = asyncio.get_running_loop().create_future()
        party.waiters.append(ticket)
        self._round.setdefault(subject, party)
        self.waiting += 1
        try:
            async with asyncio.timeout(min(self._patience_s(party, target_s), left_s)):
                return await ticket
        except TimeoutError:
            return self._withdraw(party, ticket) or Reason.OVERDUE
        except asyncio.CancelledError:
            permit = self._withdraw(party, ticket)
            if permit is not None:
                permit.forget()
            raise

    def leave(self, party: _Party, began_s: float, *, is_success: bool | None) -> None:
        """Take a place back and give it to whoever is next; None: nothing is learned."""
        now_s = self._clock.monotonic_s()
        self._limit.leave(now_s, began_s, self.inside, is_success=is_success)
        self.inside -= 1
        party.inside -= 1
        if not party.inside:
            self._forget_idle(party)
        if self.waiting and self._timer is None:
            self._serve()

    def _find_refusal(self, party: _Party, target_s: float, left_s: float) -> Reason | None:
        slot_s = self._limit.slot_s
        turns = sum(min(len(item.waiters), len(party.waiters) + 1) for item in self._round.values())
        if (turns + 1) * slot_s + self._limit.unloaded_s > left_s:
            return Reason.LATE
        room = math.ceil(target_s / slot_s) if slot_s else self._policy.least_limit
        if self.waiting < room:
            return None
        largest = max(self._round.values(), key=_Party.claim)
        if largest.claim() <= party.claim() + 1:
            return Reason.FULL
        ticket = largest.waiters[-1]
        self._remove(largest, ticket)
        if not ticket.done():
            ticket.set_result(Reason.EVICTED)
        return None

    def _target_s(self) -> float:
        """Return how long a wait may be: short beside the answer itself, but for some places."""
        limit = self._limit
        slots_s = self._policy.wait_slots * limit.slot_s
        answer_s = limit.unloaded_s or math.inf
        return max(min(self._policy.wait_target_s, answer_s / 2), slots_s)

    def _patience_s(self, party: _Party, target_s: float) -> float:
        """Return how long somebody waits at most who has joined the queue."""
        is_modest = party.claim() * len(self._parties) <= self._limit.usual + len(self._parties)
        answers = self._policy.patience * (2 if is_modest else 1)
        return max(target_s, answers * max(self._limit.unloaded_s, self._policy.quick_s))

    def _serve(self) -> None:
        """Let in those whose turn it is, at the pace at which places become free."""
        self._timer = None
        while self.waiting and self.inside < int(self._limit.value):
            now_s = self._clock.monotonic_s()
            early_s = self._next_s - now_s
            if early_s > 0:
                self._timer = asyncio.get_running_loop().call_later(early_s, self._serve)
                return
            gap_s = self._limit.slot_s / self._policy.pace
            self._next_s = max(self._next_s, now_s - _BEHIND_S) + gap_s
            self._serve_next()

    def _serve_next(self) -> None:
        share = math.ceil(self._limit.value / max(1, len(self._parties)))
        chosen = next((item for item in self._round.values() if item.inside < share), None)
        party = chosen or next(iter(self._round.values()))
        ticket = party.waiters[0]
        self._remove(party, ticket)
        if ticket.done():  # its owner was cancelled and has not run since
            return
        if party.waiters:
            self._round[party.subject] = self._round.pop(party.subject)
        ticket.set_result(self._let_in(party))

    def _let_in(self, party: _Party) -> Permit:
        self.inside += 1
        party.inside += 1
        now_s = self._clock.monotonic_s()
        self._limit.enter(now_s)
        return Permit(self, party, now_s)

    def _withdraw(self, party: _Party, ticket: "asyncio.Future[Permit | Reason]") -> Permit | None:
        """Stop waiting; return the permit when it had come at that very moment."""
        if ticket in party.waiters:
            self._remove(party, ticket)
            self._forget_idle(party)
            return None
        outcome = None if ticket.cancelled() else ticket.result()
        return outcome if isinstance(outcome, Permit) else None

    def _remove(self, party: _Party, ticket: "asyncio.Future[Permit | Reason]") -> None:
        party.waiters.remove(ticket)
        self.waiting -= 1
        if not party.waiters:
            del self._round[party.subject]

    def _party(self, subject: str) -> _Party:
        party = self._parties.get(subject)
        if party is None:
            party = self._parties[subject] = _Party(subject)
        return party

    def _forget_idle(self, party: _Party) -> None:
        if not party.inside and not party.waiters:
            self._parties.pop(party.subject, None)
