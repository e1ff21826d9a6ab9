import pytest

from ai4v.kit.balance import Balancer
from ai4v.kit.discovery import NoInstanceError
from ai4v.ports.registry import Instance
from tests.support.clock import ManualClock

A, B, C = (Instance("asr", name, f"http://{name}") for name in "abc")


class Source:
    def __init__(self, *instances: Instance) -> None:
        self.listed = instances

    def instances(self, service: str) -> tuple[Instance, ...]:
        return tuple(item for item in self.listed if item.service == service)


def test_each_in_its_turn() -> None:
    balancer = Balancer(Source(A, B, C), ManualClock())
    assert [balancer.pick("asr") for _ in range(4)] == [A, B, C, A]


def test_none_is_an_error() -> None:
    with pytest.raises(NoInstanceError, match="tts"):
        Balancer(Source(A), ManualClock()).pick("tts")


def test_a_suspect_is_left_out_for_a_while() -> None:
    clock = ManualClock()
    balancer = Balancer(Source(A, B), clock)
    balancer.suspect(A)
    assert {balancer.pick("asr") for _ in range(4)} == {B}
    clock.advance(5)
    assert {balancer.pick("asr") for _ in range(4)} == {A, B}


def test_when_all_are_suspect_all_are_tried() -> None:
    balancer = Balancer(Source(A, B), ManualClock())
    balancer.suspect(A)
    balancer.suspect(B)
    assert {balancer.pick("asr") for _ in range(4)} == {A, B}
