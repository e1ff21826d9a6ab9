"""Sends a request to an instance, and to another one where that is safe (ADR 0020).

Nothing is repeated once any part of an answer was given to the caller: all of this ends with the
head of the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from random import Random
from typing import Any, Final, Protocol, TypeVar

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.balance import Balancer, Failure, Turn
from ai4v.kit.balance.outcome import report_status
from ai4v.kit.balance.turn import NO_ONE
from ai4v.kit.clock import Clock
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import (
    Channel,
    HandshakeRefusedError,
    Upstream,
    UpstreamAnswer,
    UpstreamBrokenError,
    UpstreamRefusedError,
    UpstreamRequest,
)
from ai4v.services.gateway.attempt.budget import (
    AttemptObserver,
    HedgePolicy,
    RetryPolicy,
    SilentAttemptObserver,
)
from ai4v.services.gateway.attempt.countdown import Countdown
from ai4v.services.gateway.attempt.hedging import Pace, race
from ai4v.services.gateway.attempt.retry import (
    TRY_AGAIN,
    InstanceHungError,
    RetryPlan,
    judge_answer,
    judge_error,
)
from ai4v.services.gateway.passage.exchange import Call, TurnAnswer, TurnChannel, read_retry_after

__all__ = ["Attempts", "Call"]


class _Result(Protocol):
    @property
    def status(self) -> int: ...


_SERVER_ERROR: Final = 500
_ResultT = TypeVar("_ResultT", bound=_Result)
_ReplyT = TypeVar("_ReplyT")


class Attempts:
    """Asks instances until one answers, within the deadline, the attempts and the budget.

    Args:
        balancer: gives turns.
        upstream: talks to instances.
        policy: when a request is sent again.
        clock: measures.
        random: for the jitter.
        observer: is told what happens.
    """

    def __init__(
        self,
        balancer: Balancer,
        upstream: Upstream,
        policy: RetryPolicy,
        clock: Clock,
        random: Random,
        observer: AttemptObserver | None = None,
    ) -> None:
        self._balancer = balancer
        self._upstream = upstream
        self._clock = clock
        self._observer = observer or SilentAttemptObserver()
        self._retries = RetryPlan(balancer, policy, clock, random, self._observer)
        self._hedge = policy.hedge
        self._countdown = Countdown()
        self._paces: dict[str, Pace] = {}

    def send(self, call: Call) -> Coroutine[Any, Any, UpstreamAnswer]:
        """Return the answer of an instance, whatever its status; the caller closes it.

        Raises:
            NoInstanceError: none is believed alive.
            CircuitOpenError: the service fails, and is left alone.
            UpstreamRefusedError: no instance could be connected to.
            UpstreamBrokenError: the connection ended before the answer.
            DeadlineExceededError: no head of an answer in time.
        """
        if call.may_hedge and call.is_repeatable and self._hedge is not None:
            pace = self._pace(call.service, self._hedge)
            return self._persist(call, partial(self._send_hedged, pace))
        return self._persist(call, self._send_once)

    async def connect(self, call: Call, subprotocols: Sequence[str]) -> Channel:
        """Return an open WebSocket; the caller closes it.

        Raises:
            HandshakeRefusedError: the instance answered something else.
            PlatformError: as `send` does.
        """
        return await self._persist(call, partial(self._connect_once, tuple(subprotocols)))

    async def _persist(
        self, call: Call, attempt: Callable[[Call, Turn], Awaitable[_ResultT]]
    ) -> _ResultT:
        self._retries.count(call.service)
        tried = NO_ONE
        number = 0
        while True:
            number += 1
            turn = self._balancer.take(call.service, avoid=tried, sticky=call.sticky)
            self._observer.note_attempt(call.service)
            try:
                result = await attempt(call, turn)
            except (UpstreamRefusedError, UpstreamBrokenError, HandshakeRefusedError) as error:
                tried |= {turn.instance.instance_id}
                wait_s = self._retries.decide(call, judge_error(error), number, tried)
                if wait_s is None:
                    raise
            else:
                if result.status not in TRY_AGAIN or not isinstance(result, TurnAnswer):
                    return result
                tried |= {turn.instance.instance_id}
                wait_s = self._retries.decide(call, judge_answer(result), number, tried)
                if wait_s is None:
                    return result
                result.close()
            if wait_s:
                await asyncio.sleep(wait_s)

    async def _send_once(self, call: Call, turn: Turn) -> TurnAnswer:
        answer = await self._ask(call, turn, self._upstream.send)
        status = answer.status
        if status < _SERVER_ERROR:
            turn.succeed(is_over=False)
        else:
            has_retry_after = status == 503 and read_retry_after(answer.headers) > 0
            report_status(turn, status, has_retry_after=has_retry_after, is_over=False)
        return TurnAnswer(answer, turn)

    async def _connect_once(
        self, subprotocols: Sequence[str], call: Call, turn: Turn
    ) -> TurnChannel:
        def connect(request: UpstreamRequest) -> Coroutine[Any, Any, Channel]:
            return self._upstream.connect(request, subprotocols)

        channel = await self._ask(call, turn, connect)
        turn.succeed(is_over=False)
        return TurnChannel(channel, turn)

    async def _ask(
        self,
        call: Call,
        turn: Turn,
        exchange: Callable[[UpstreamRequest], Coroutine[Any, Any, _ReplyT]],
    ) -> _ReplyT:
        """Do one exchange, and end the turn when it fails."""
        try:
            request = call.build(turn.instance)
            alarm = self._countdown.start(call.deadline.remaining_s())
            if call.is_repeatable:
                turn.watch(alarm.ring)
            try:
                return await exchange(request)
            except asyncio.CancelledError:
                if alarm.stop():
                    raise TimeoutError from None
                raise
            finally:
                alarm.stop()
        except UpstreamRefusedError:
            turn.fail(Failure.REFUSED)
            raise
        except UpstreamBrokenError:
            turn.fail(Failure.BROKEN)
            raise
        except HandshakeRefusedError as error:
            report_status(turn, error.answer_status, has_retry_after=False)
            raise
        except TimeoutError:
            if turn.is_lost and call.is_repeatable:
                turn.abandon()
                raise InstanceHungError("the instance does not answer any more") from None
            turn.fail(Failure.TIMEOUT)
            raise DeadlineExceededError("the service did not answer in time") from None
        except BaseException:
            turn.abandon()
            raise

    async def _send_hedged(self, pace: Pace, call: Call, turn: Turn) -> TurnAnswer:
        pace.budget.count()
        began_s = self._clock.monotonic_s()
        first = self._send_once(call, turn)
        if pace.wait_s is None:
            answer = await first
        else:
            answer = await race(
                first,
                partial(self._start_second, call, turn.instance, pace),
                after_s=pace.wait_s,
                is_good=lambda result: result.status not in TRY_AGAIN,
                discard=TurnAnswer.close,
            )
        pace.observe(self._clock.monotonic_s() - began_s)
        return answer

    def _start_second(
        self, call: Call, first: Instance, pace: Pace
    ) -> Coroutine[Any, Any, TurnAnswer] | None:
        avoid = frozenset({first.instance_id})
        if not self._balancer.has_other(call.service, avoid) or not pace.budget.spend():
            return None
        self._observer.note_hedge(call.service)
        return self._send_once(call, self._balancer.take(call.service, avoid=avoid))

    def _pace(self, service: str, policy: HedgePolicy) -> Pace:
        pace = self._paces.get(service)
        if pace is None:
            pace = self._paces[service] = Pace(policy, self._clock)
        return pace
