"""Who is chosen, and who is left out, on a clock that the tests move."""

from collections import Counter

import pytest

from ai4v.kit.balance import (
    BalancePolicy,
    Balancer,
    BreakerState,
    CircuitOpenError,
    Failure,
    Strategy,
)
from ai4v.kit.discovery import NoInstanceError
from ai4v.ports.registry import Instance
from tests.support.clock import ManualClock
from tests.support.simulation import chance, tell

A, B, C = (Instance("asr", name, f"http://{name}") for name in "abc")


class Source:
    def __init__(self, *instances: Instance) -> None:
        self.listed = instances

    def instances(self, service: str) -> tuple[Instance, ...]:
        return tuple(item for item in self.listed if item.service == service)


class Notes:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.ejections: list[tuple[str, Failure, float]] = []
        self.readmissions: list[str] = []
        self.breaker: list[BreakerState] = []

    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        self.ejections.append((instance.instance_id, cause, duration_s))

    def note_readmission(self, instance: Instance) -> None:
        self.readmissions.append(instance.instance_id)

    def note_breaker(self, service: str, state: BreakerState) -> None:
        assert service == "asr"
        self.breaker.append(state)


class House:
    """A balancer, and what a test moves."""

    def __init__(self, *instances: Instance, policy: BalancePolicy | None = None) -> None:
        self.source = Source(*instances)
        self.clock = ManualClock()
        self.notes = Notes()
        self.balancer = Balancer(
            self.source, self.clock, policy=policy, random=chance(7), observer=self.notes
        )

    def take_many(self, count: int, latency_s: float = 0.01) -> Counter[str]:
        """Take and end turns one after another; return who had how many."""
        seen: Counter[str] = Counter()
        for _ in range(count):
            turn = self.balancer.take("asr")
            self.clock.advance(latency_s)
            turn.succeed()
            seen[turn.instance.instance_id] += 1
        return seen

    def fail(self, instance: Instance, failure: Failure, times: int = 1) -> None:
        """Have `instance` fail, whoever else has a turn meanwhile."""
        others = frozenset(item.instance_id for item in self.source.listed if item != instance)
        for _ in range(times):
            turn = self.balancer.take("asr", avoid=others)
            assert turn.instance == instance
            turn.fail(failure)

    def seen(self, count: int = 60) -> set[str]:
        """Return who is asked at all, in so short a time that nobody comes back."""
        return set(self.take_many(count, latency_s=0.0001))


class TestTurn:
    def test_none_is_an_error(self) -> None:
        with pytest.raises(NoInstanceError, match="tts"):
            House(A).balancer.take("tts")

    def test_round_robin_gives_each_its_turn(self) -> None:
        house = House(A, B, C, policy=BalancePolicy(strategy=Strategy.ROUND_ROBIN))
        taken = [house.balancer.take("asr").instance for _ in range(4)]
        assert taken == [A, B, C, A]

    def test_outstanding_requests_count_until_the_end(self) -> None:
        house = House(A, B)
        turns = [house.balancer.take("asr") for _ in range(10)]
        assert Counter(turn.instance for turn in turns) == {A: 5, B: 5}
        for turn in turns:
            turn.succeed(is_over=False)
        (state,) = house.balancer.states()
        assert state.outstanding == 10
        for turn in turns:
            turn.end()
            turn.end()
        (state,) = house.balancer.states()
        assert state.outstanding == 0

    def test_the_avoided_is_avoided_while_there_is_another(self) -> None:
        house = House(A, B)
        only_a = frozenset({"a"})
        assert {house.balancer.take("asr", avoid=only_a).instance for _ in range(20)} == {B}
        assert house.balancer.has_other("asr", only_a)
        house.source.listed = (A,)
        assert house.balancer.take("asr", avoid=only_a).instance == A
        assert not house.balancer.has_other("asr", only_a)

    def test_a_key_sticks_and_moves_alone(self) -> None:
        house = House(A, B, C)
        keys = [f"stream {number}" for number in range(300)]
        before = {key: house.balancer.take("asr", sticky=key).instance for key in keys}
        again = {key: house.balancer.take("asr", sticky=key).instance for key in keys}
        assert before == again
        assert min(Counter(before.values()).values()) > 60
        house.source.listed = (A, C)
        after = {key: house.balancer.take("asr", sticky=key).instance for key in keys}
        assert all(after[key] == before[key] for key in keys if before[key] != B)

    def test_a_new_instance_starts_slowly(self) -> None:
        house = House(A, B)
        house.take_many(20)
        house.source.listed = (A, B, C)
        first = house.take_many(200, latency_s=0.005)
        house.clock.advance(10)
        later = house.take_many(300, latency_s=0.005)
        tell(f"share of a new instance: {first['c'] / 200:.3f}, then {later['c'] / 300:.3f}")
        assert 0 < first["c"] < 20
        assert 70 < later["c"] < 130

    def test_a_hanging_instance_is_avoided_before_anybody_knows(self) -> None:
        house = House(A, B)
        house.take_many(50, latency_s=0.05)
        owed = house.balancer.take("asr", avoid=frozenset({"b"}))
        house.clock.advance(0.2)
        assert house.seen() == {"b"}
        owed.abandon()


class TestEjection:
    def test_a_refused_connection_ejects_at_once_and_for_longer_each_time(self) -> None:
        house = House(A, B)
        for _ in range(7):
            house.fail(A, Failure.REFUSED)
            assert house.seen() == {"b"}
            house.clock.advance(house.notes.ejections[-1][2])
            house.balancer.has_other("asr", frozenset())
        lengths = [length for _, _, length in house.notes.ejections]
        assert lengths == [1, 2, 4, 8, 16, 30, 30]

    @pytest.mark.parametrize("failure", [Failure.ERROR, Failure.BROKEN])
    def test_five_in_a_row_eject_for_30_s(self, failure: Failure) -> None:
        house = House(A, B)
        house.fail(A, failure, 4)
        house.take_many(40)
        house.fail(A, failure, 4)
        assert not house.notes.ejections
        house.fail(A, failure)
        assert house.notes.ejections == [("a", failure, 30)]
        assert house.seen() == {"b"}
        house.clock.advance(30)
        assert house.take_many(1000)["a"] > 50
        assert house.notes.readmissions == ["a"]

    def test_ejections_grow_and_are_forgiven(self) -> None:
        house = House(A, B)
        for _ in range(12):
            house.fail(A, Failure.ERROR, 5)
            house.clock.advance(house.notes.ejections[-1][2])
            house.balancer.has_other("asr", frozenset())
        assert [length for _, _, length in house.notes.ejections][:3] == [30, 60, 90]
        assert house.notes.ejections[-1][2] == 300
        house.clock.advance(61)
        house.fail(A, Failure.ERROR, 5)
        assert house.notes.ejections[-1][2] == 30

    def test_overload_ejects_briefly(self) -> None:
        house = House(A, B)
        house.fail(A, Failure.OVERLOAD, 5)
        assert house.notes.ejections == [("a", Failure.OVERLOAD, 1)]

    def test_a_hasty_caller_proves_nothing(self) -> None:
        house = House(A, B)
        for _ in range(30):
            turn = house.balancer.take("asr", avoid=frozenset({"b"}))
            house.clock.advance(0.9)
            turn.fail(Failure.TIMEOUT)
        assert not house.notes.ejections
        assert not house.notes.breaker

    def test_an_instance_that_answers_others_does_not_hang(self) -> None:
        house = House(A)
        for _ in range(30):
            slow = house.balancer.take("asr")
            house.clock.advance(2)
            house.take_many(1)
            slow.fail(Failure.TIMEOUT)
        assert not house.notes.ejections

    def test_timeouts_of_a_silent_instance_eject_it(self) -> None:
        house = House(A, B)
        turns = [house.balancer.take("asr", avoid=frozenset({"b"})) for _ in range(5)]
        house.clock.advance(2)
        for turn in turns:
            turn.fail(Failure.TIMEOUT)
        assert [cause for _, cause, _ in house.notes.ejections] == [Failure.TIMEOUT]

    def test_the_only_instance_is_asked_all_the_same(self) -> None:
        house = House(A)
        house.fail(A, Failure.REFUSED)
        assert house.balancer.take("asr").instance == A

    def test_panic_asks_all_when_two_of_three_are_out(self) -> None:
        house = House(A, B, C)
        house.fail(A, Failure.ERROR, 5)
        assert house.seen() == {"b", "c"}
        house.fail(B, Failure.ERROR, 5)
        taken = Counter(house.balancer.take("asr").instance.instance_id for _ in range(90))
        assert min(taken.values()) > 15
        assert set(taken) == {"a", "b", "c"}

    def test_in_panic_those_who_refused_are_left_out_while_there_is_another(self) -> None:
        house = House(A, B, C)
        house.fail(A, Failure.REFUSED)
        house.fail(B, Failure.REFUSED)
        assert house.seen() == {"c"}

    def test_a_success_in_panic_readmits_but_not_a_late_one(self) -> None:
        house = House(A)
        late = house.balancer.take("asr")
        house.clock.advance(0.1)
        house.fail(A, Failure.ERROR, 5)
        late.succeed()
        assert not house.notes.readmissions
        house.take_many(1)
        assert house.notes.readmissions == ["a"]

    def test_one_who_left_the_registry_is_forgotten(self) -> None:
        house = House(A, B)
        turn = house.balancer.take("asr", avoid=frozenset({"b"}))
        house.source.listed = (B,)
        assert house.seen() == {"b"}
        turn.fail(Failure.REFUSED)
        (state,) = house.balancer.states()
        assert (state.instances, state.ejected, state.outstanding) == (1, 0, 0)


class TestCircuit:
    def test_an_open_circuit_refuses_and_is_told(self) -> None:
        house = House(A)
        house.fail(A, Failure.ERROR, 20)
        assert house.notes.breaker == [BreakerState.OPEN]
        with pytest.raises(CircuitOpenError) as refusal:
            house.balancer.take("asr")
        assert (refusal.value.status, refusal.value.retry_after_s) == (503, 1)
        house.clock.advance(1)
        house.take_many(2)
        assert house.notes.breaker == [BreakerState.OPEN, BreakerState.CLOSED]
        (state,) = house.balancer.states()
        assert state.open_s == pytest.approx(1.02)
