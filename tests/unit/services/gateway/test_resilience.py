"""A fleet under steady traffic while something goes wrong, in simulated time.

The figures are those of the promises R2, R4, R5, R6 and R19; run with -s to see them.
"""

import asyncio
from collections import Counter

import pytest

from ai4v.kit.balance import BalancePolicy, BreakerState, Failure, Strategy
from ai4v.ports.registry import Instance
from tests.support.simulation import chance, percentile, simulate, tell
from tests.unit.services.gateway.fleetcase import Rig, spread

pytestmark = pytest.mark.no_cover  # so much traffic takes ten times as long when it is traced

_START_S = 1_000.0


def _set_latency(rig: Rig, *means_s: float) -> None:
    for number, (server, mean_s) in enumerate(zip(rig.servers.all, means_s, strict=True)):
        server.latency_s = spread(mean_s, 100 + number)


class TestRetryBudget:
    def test_one_of_two_fails_for_30_s(self) -> None:
        async def story() -> Rig:
            rig = Rig(2)
            rig.servers[0].status = 503
            await rig.ask_steadily(50, 30)
            return rig

        rig = simulate(story())
        ratio = rig.servers.asked / len(rig.outcomes)
        good = sum(item.status == 200 for item in rig.outcomes) / len(rig.outcomes)
        tell(f"R2, one of two: {ratio:.3f} attempts a request, {good:.2%} answered well")
        assert rig.servers.asked <= 1.2 * len(rig.outcomes) + 3
        assert good >= 0.999

    @pytest.mark.parametrize("headers", [[], [(b"retry-after", b"2")]])
    def test_both_fail(self, headers: list[tuple[bytes, bytes]]) -> None:
        async def story() -> Rig:
            rig = Rig(2)
            for server in rig.servers.all:
                server.status = 503
                server.headers = headers
            await rig.ask_steadily(50, 30)
            return rig

        rig = simulate(story())
        tell(f"R2, both: {rig.servers.asked / len(rig.outcomes):.3f} attempts a request")
        assert rig.servers.asked <= 1.2 * len(rig.outcomes) + 3

    def test_without_a_circuit_the_budget_alone_holds(self) -> None:
        async def story() -> Rig:
            rig = Rig(2)
            drawn = chance(5)
            for server in rig.servers.all:
                server.latency_s = lambda: 0.001
            for _ in range(1500):
                for server in rig.servers.all:
                    server.status = 502 if drawn.random() < 0.3 else 200
                await rig.ask()
                await asyncio.sleep(0.01)
            return rig

        rig = simulate(story())
        assert not rig.tally.breaker
        assert rig.tally.refusals > 50
        windows = 1 + (rig.outcomes[-1].began_s - _START_S) // 10
        assert rig.servers.asked <= 1.2 * len(rig.outcomes) + 3 * windows


class TestHungInstance:
    def test_one_of_three_is_stopped_and_continued(self) -> None:
        async def story() -> Rig:
            rig = Rig(3)
            _set_latency(rig, 0.05, 0.05, 0.05)
            async with rig.patrol():
                traffic = asyncio.create_task(rig.ask_steadily(60, 40), name="traffic")
                await asyncio.sleep(10)
                rig.servers[0].awake.clear()
                await asyncio.sleep(15)
                rig.servers[0].awake.set()
                await traffic
            return rig

        rig = simulate(story())
        before = percentile([item.took_s for item in rig.between(_START_S, 1_010)], 0.99)
        during = percentile([item.took_s for item in rig.between(1_012, 1_025)], 0.99)
        worst = max(item.took_s for item in rig.outcomes)
        errors = sum(item.status != 200 for item in rig.outcomes)
        (ejected_s, cause), (readmitted_s,) = rig.tally.ejections[0], rig.tally.readmissions
        tell(
            f"R4: p99 {before * 1e3:.0f} ms, {during * 1e3:.0f} ms from 2 s after the stop; "
            f"slowest {worst:.2f} s, {errors} errors; ejected after {ejected_s - 1_010:.2f} s, "
            f"back {readmitted_s - 1_025:.2f} s after it goes on"
        )
        assert cause is Failure.HUNG
        assert during <= 1.5 * before
        assert errors == 0
        assert worst < 3
        assert ejected_s - 1_010 <= 2.5
        assert readmitted_s - 1_025 <= 2
        assert rig.servers[0].asked > 350

    def test_all_who_wait_for_it_are_answered_by_the_other(self) -> None:
        """However few requests there were before: what a hung instance owes costs no retry."""

        async def story() -> Rig:
            rig = Rig(2)
            rig.servers[0].awake.clear()
            async with rig.patrol():
                await asyncio.gather(*(rig.ask() for _ in range(20)))
            return rig

        rig = simulate(story())
        assert rig.tally.retries.count(Failure.HUNG) > 7
        assert [item.status for item in rig.outcomes] == [200] * 20

    def test_what_may_not_be_repeated_waits_for_its_deadline(self) -> None:
        async def story() -> Rig:
            rig = Rig(2)
            rig.servers[0].awake.clear()
            async with rig.patrol():
                calls = [rig.call(is_repeatable=False, timeout_s=20) for _ in range(4)]
                await asyncio.gather(*(rig.ask(call) for call in calls))
            return rig

        rig = simulate(story())
        assert sorted(item.status for item in rig.outcomes) == [200, 200, 504, 504]
        assert max(item.took_s for item in rig.outcomes) == pytest.approx(20, abs=0.06)
        assert rig.servers.asked == 4

    def test_slow_inference_is_no_hang(self) -> None:
        async def story() -> Rig:
            rig = Rig(2)
            _set_latency(rig, 8.0, 8.0)
            async with rig.patrol():
                await rig.ask_steadily(2, 60)
            return rig

        rig = simulate(story())
        assert rig.servers[0].health_asked > 10
        assert not rig.tally.ejections
        assert rig.servers.asked == 120

    def test_a_killed_instance_is_left_at_once(self) -> None:
        async def story() -> Rig:
            rig = Rig(3)
            async with rig.patrol():
                traffic = asyncio.create_task(rig.ask_steadily(60, 20), name="traffic")
                await asyncio.sleep(5)
                rig.servers[0].is_gone = True
                await traffic
            return rig

        rig = simulate(story())
        errors = sum(item.status != 200 for item in rig.outcomes)
        refused = rig.tally.retries.count(Failure.REFUSED)
        tell(f"R19: {errors} errors, {refused} connections refused in 15 s")
        assert errors == 0
        assert refused <= 6


class TestCircuitBreaker:
    def test_all_fail_for_20_s(self) -> None:
        async def story() -> tuple[Rig, int, float]:
            rig = Rig(2)
            traffic = asyncio.create_task(rig.ask_steadily(60, 60), name="traffic")
            await asyncio.sleep(20)
            for server in rig.servers.all:
                server.status = 500
            await asyncio.sleep(1)
            asked = rig.servers.asked
            await asyncio.sleep(19)
            probes = rig.servers.asked - asked
            for server in rig.servers.all:
                server.status = 200
            await traffic
            (state,) = rig.balancer.states()
            return rig, probes, state.open_s

        rig, probes, open_s = simulate(story())
        (opened_s, opened), (closed_s, closed) = rig.tally.breaker
        tell(
            f"R5: opens after {opened_s - 1_020:.2f} s, {probes} probes in 19 s, closes "
            f"{closed_s - 1_040:.2f} s after it heals, {open_s:.1f} s open"
        )
        assert (opened, closed) == (BreakerState.OPEN, BreakerState.CLOSED)
        assert opened_s - 1_020 <= 1
        assert probes <= 20
        assert closed_s - 1_040 <= 2
        assert open_s == pytest.approx(20, rel=0.1)


class TestShare:
    @staticmethod
    def _run(policy: BalancePolicy, *means_s: float, seed: int = 1) -> tuple[Rig, list[int]]:
        async def story() -> Rig:
            rig = Rig(len(means_s), balance=policy, seed=seed)
            _set_latency(rig, *means_s)
            await rig.ask_steadily(60, 60)
            return rig

        rig = simulate(story())
        return rig, [server.asked for server in rig.servers.all]

    def test_one_of_three_is_ten_times_slower(self) -> None:
        rig, asked = self._run(BalancePolicy(), 0.5, 0.05, 0.05)
        turns, asked_in_turn = self._run(
            BalancePolicy(strategy=Strategy.ROUND_ROBIN), 0.5, 0.05, 0.05
        )
        better = percentile([item.took_s for item in rig.outcomes], 0.99)
        worse = percentile([item.took_s for item in turns.outcomes], 0.99)
        tell(
            f"R6: the slow one gets {asked[0] / sum(asked):.2%} (round robin "
            f"{asked_in_turn[0] / sum(asked_in_turn):.2%}); p99 {better * 1e3:.0f} ms against "
            f"{worse * 1e3:.0f} ms"
        )
        assert asked[0] <= 0.15 * sum(asked)
        assert better * 2 <= worse

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_equal_ones_get_equal_shares(self, seed: int) -> None:
        _, asked = self._run(BalancePolicy(), 0.05, 0.05, 0.05, seed=seed)
        mean = sum(asked) / 3
        deviation = sum((count - mean) ** 2 / mean for count in asked)
        tell(f"R6: equal ones got {asked}, chi-square {deviation:.2f}")
        assert deviation < 9.21  # p > 0.01 with two degrees of freedom


def test_keys_stick_under_traffic() -> None:
    async def story() -> Counter[Instance]:
        rig = Rig(3)
        turns = [rig.balancer.take("asr", sticky="one stream") for _ in range(20)]
        return Counter(turn.instance for turn in turns)

    assert list(simulate(story()).values()) == [20]
