"""What is sent again and what is not, in simulated time."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.balance import Failure
from ai4v.kit.discovery import NoInstanceError
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import (
    ChannelClosedError,
    HandshakeRefusedError,
    UpstreamBrokenError,
    UpstreamRefusedError,
    UpstreamRequest,
)
from tests.support.simulation import simulate, tell
from tests.unit.services.gateway.fleetcase import Rig

_RETRY_LATER = [(b"retry-after", b"2")]


def _outstanding(rig: Rig) -> int:
    return sum(state.outstanding for state in rig.balancer.states())


class TestAnswer:
    def test_it_is_passed_on_and_the_turn_lasts_until_it_is_closed(self) -> None:
        async def story() -> None:
            rig = Rig(1)
            answer = await rig.attempts.send(rig.call())
            assert answer.status == 200
            assert await answer.read() == b"ok"
            assert _outstanding(rig) == 1
            answer.close()
            answer.close()
            assert _outstanding(rig) == 0
            assert rig.servers[0].answers[0].is_closed

        simulate(story())

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 504])
    def test_other_statuses_are_final(self, status: int) -> None:
        async def story() -> None:
            rig = Rig(2)
            for server in rig.servers.all:
                server.status = status
            assert (await rig.ask()).status == status
            assert rig.servers.asked == 1

        simulate(story())

    @pytest.mark.parametrize("status", [502, 503])
    def test_a_bad_answer_is_left_for_another_instance(self, status: int) -> None:
        async def story() -> None:
            rig = Rig(2)
            for _ in range(4):
                rig.servers[0].status = status
                assert (await rig.ask()).status == 200
            assert all(answer.is_closed for answer in rig.servers[0].answers)
            assert _outstanding(rig) == 0
            assert set(rig.tally.retries) == {Failure.ERROR}

        simulate(story())

    def test_the_last_failure_is_passed_on_after_three_attempts(self) -> None:
        async def story() -> None:
            rig = Rig(5)
            for server in rig.servers.all:
                server.status = 503
            assert (await rig.ask()).status == 503
            assert rig.servers.asked == 3
            assert max(server.asked for server in rig.servers.all) == 1

        simulate(story())

    def test_what_may_not_be_repeated_is_not(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            for server in rig.servers.all:
                server.status = 503
            assert (await rig.ask(rig.call(is_repeatable=False))).status == 503
            for server in rig.servers.all:
                server.is_broken = True
            with pytest.raises(UpstreamBrokenError):
                await rig.attempts.send(rig.call(is_repeatable=False))
            assert rig.servers.asked == 2

        simulate(story())

    def test_the_only_instance_says_when_to_come_back(self) -> None:
        async def story() -> None:
            rig = Rig(1)
            rig.servers[0].status = 503
            rig.servers[0].headers = _RETRY_LATER
            answer = await rig.attempts.send(rig.call())
            assert (answer.status, answer.headers) == (503, _RETRY_LATER)
            assert rig.servers.asked == 1

        simulate(story())

    def test_the_only_instance_is_asked_again_when_it_names_no_time(self) -> None:
        async def story() -> None:
            rig = Rig(1)
            rig.servers[0].status = 503
            assert (await rig.ask()).status == 503
            assert rig.servers.asked == 3

        simulate(story())

    def test_back_off_is_drawn_evenly_from_nothing_to_its_most(self) -> None:
        async def story() -> list[float]:
            waits = []
            for seed in range(300):
                rig = Rig(2, seed=seed)
                rig.servers[0].status = rig.servers[1].status = 503
                rig.servers[0].latency_s = rig.servers[1].latency_s = lambda: 0.0
                outcome = await rig.ask()
                waits.append(outcome.took_s)
            return waits

        waits = simulate(story())
        tell(f"two back-offs: {min(waits) * 1e3:.1f} to {max(waits) * 1e3:.1f} ms")
        assert max(waits) < 0.075
        assert min(waits) < 0.01
        assert sum(waits) / len(waits) == pytest.approx(0.0375, abs=0.004)


class TestConnection:
    def test_a_refused_request_goes_elsewhere_whatever_it_is(self) -> None:
        async def story() -> None:
            rig = Rig(3)
            rig.servers[0].is_gone = rig.servers[1].is_gone = True
            for _ in range(30):
                outcome = await rig.ask(rig.call(is_repeatable=False))
                assert outcome.status == 200
            assert Counter(rig.tally.retries) == {Failure.REFUSED: 2}

        simulate(story())

    def test_nobody_listens(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            rig.servers[0].is_gone = rig.servers[1].is_gone = True
            with pytest.raises(UpstreamRefusedError):
                await rig.attempts.send(rig.call())
            assert rig.tally.attempts == 2
            rig.servers.all.clear()
            with pytest.raises(NoInstanceError):
                await rig.attempts.send(rig.call())

        simulate(story())

    def test_a_broken_connection_is_tried_elsewhere(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            rig.servers[0].is_broken = True
            assert {(await rig.ask()).status for _ in range(6)} == {200}
            assert rig.servers[0].asked > 0

        simulate(story())


class TestDeadline:
    def test_it_holds_to_the_head_of_the_answer(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            for server in rig.servers.all:
                server.latency_s = lambda: 2.5
            outcome = await rig.ask(rig.call(timeout_s=0.5))
            assert outcome.status == 504
            assert 0.5 <= outcome.took_s <= 0.505
            assert sum(server.cancelled for server in rig.servers.all) == 1
            assert _outstanding(rig) == 0

        simulate(story())

    def test_each_attempt_is_told_what_is_left(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            for server in rig.servers.all:
                server.is_broken = True
                server.latency_s = lambda: 0.2
            await rig.ask(rig.call(timeout_s=0.5))
            requests = [item for server in rig.servers.all for item in server.requests]
            left = sorted(int(request.headers[0][1]) for request in requests)
            assert left[-1] == 500
            assert left[-2] < 300

        simulate(story())

    def test_one_that_has_passed_asks_nobody(self) -> None:
        async def story() -> None:
            rig = Rig(1)
            call = rig.call(timeout_s=0.1)
            await asyncio.sleep(0.2)
            with pytest.raises(DeadlineExceededError):
                await rig.attempts.send(call)
            assert rig.servers.asked == 0
            assert _outstanding(rig) == 0

        simulate(story())

    def test_a_caller_who_leaves_blames_nobody(self) -> None:
        async def story() -> None:
            rig = Rig(1)
            rig.servers[0].awake.clear()
            callers = [asyncio.create_task(rig.ask(), name="caller") for _ in range(30)]
            await asyncio.sleep(3)
            for caller in callers:
                caller.cancel()
            await asyncio.wait(callers)
            assert all(caller.cancelled() for caller in callers)
            assert _outstanding(rig) == 0
            assert not rig.tally.ejections
            assert not rig.tally.breaker

        simulate(story())

    def test_what_building_a_request_raises_ends_the_turn(self) -> None:
        async def story() -> None:
            rig = Rig(1)

            def build(instance: Instance) -> UpstreamRequest:
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await rig.attempts.send(replace(rig.call(), build=build))
            assert _outstanding(rig) == 0

        simulate(story())


class TestChannel:
    def test_it_keeps_its_turn_until_it_is_closed(self) -> None:
        async def story() -> None:
            rig = Rig(3)
            call = replace(rig.call(), sticky="session 1")
            channels = [await rig.attempts.connect(call, ["v1"]) for _ in range(4)]
            assert {channel.subprotocol for channel in channels} == {"v1"}
            assert sorted(server.asked for server in rig.servers.all) == [0, 0, 4]
            await channels[0].send("hi")
            assert await channels[0].receive() == "hello"
            assert _outstanding(rig) == 4
            await channels[0].close(1000, "done")
            rig.servers.lines[1].is_lost = True
            with pytest.raises(ChannelClosedError):
                await channels[1].receive()
            assert _outstanding(rig) == 2

        simulate(story())

    def test_a_handshake_is_tried_elsewhere_when_the_instance_is_at_fault(self) -> None:
        async def story() -> None:
            rig = Rig(2)
            rig.servers[0].status = 503
            for _ in range(4):
                channel = await rig.attempts.connect(rig.call(), [])
                await channel.close(1000, "")
            rig.servers[1].status = rig.servers[0].status = 403
            with pytest.raises(HandshakeRefusedError):
                await rig.attempts.connect(rig.call(), [])
            assert rig.servers.asked == 4 + len(rig.tally.retries) + 1
            assert _outstanding(rig) == 0

        simulate(story())
