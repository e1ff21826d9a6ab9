from ai4v.services.gateway.door.memory import BriefMemory
from tests.support.clock import ManualClock


def test_it_forgets_in_time() -> None:
    clock = ManualClock()
    memory = BriefMemory[int](ttl_s=5, max_entries=10, clock=clock)
    memory.put("a", 1)
    assert (memory.get("a"), memory.get("b")) == (1, None)
    clock.advance(5)
    assert memory.get("a") is None


def test_it_forgets_the_oldest_when_full() -> None:
    memory = BriefMemory[int](ttl_s=5, max_entries=2, clock=ManualClock())
    for number, key in enumerate("abac"):
        memory.put(key, number)
    assert [memory.get(key) for key in "abc"] == [2, None, 3]


def test_it_forgets_what_it_is_told_to() -> None:
    clock = ManualClock()
    memory = BriefMemory[int](ttl_s=5, max_entries=10, clock=clock)
    for number, key in enumerate("ab"):
        memory.put(key, number)
    memory.drop("a")
    memory.drop("nothing")
    assert [memory.get(key) for key in "ab"] == [None, 1]
    memory.clear()
    assert memory.get("b") is None


def test_what_is_kept_already_may_be_given_less_time() -> None:
    clock = ManualClock()
    memory = BriefMemory[int](ttl_s=5, max_entries=10, clock=clock)
    memory.put("a", 1)
    clock.advance(2)
    memory.limit(1)
    assert memory.get("a") is None
    memory.limit(5)
    assert memory.get("a") == 1
