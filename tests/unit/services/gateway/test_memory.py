from ai4v.services.gateway.memory import BriefMemory
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
