"""What a call cost, on its way to the gateway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.kit.cost import NOTHING, Cost, Meter, format_cost, parse_cost


@given(milliseconds=st.integers(0, 10**11), characters=st.integers(0, 10**11))
def test_what_is_written_can_be_read(milliseconds: int, characters: int) -> None:
    cost = Cost(milliseconds / 1_000, characters)
    assert parse_cost(format_cost(cost)) == cost


def test_it_is_written_as_agreed() -> None:
    assert format_cost(Cost(12.4)) == "audio_s=12.400;characters=0"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "audio_s=1.000",
        "audio_s=1;characters=1",
        "audio_s=-1.000;characters=1",
        "audio_s=nan;characters=1",
        "audio_s=1.000;characters=1;more=1",
        "audio_s=1.000;characters=१",
    ],
)
def test_what_is_malformed_cost_nothing(value: str | None) -> None:
    assert parse_cost(value) == NOTHING


def test_a_meter_adds_up() -> None:
    meter = Meter()
    assert meter.total == NOTHING
    meter.add(Cost(1.5, 3))
    meter.add(Cost(2.25))
    assert meter.total == Cost(3.75, 3)


@pytest.mark.parametrize(("audio_s", "charged"), [(0, 0), (0.001, 1), (2, 2), (2.0000001, 2)])
def test_seconds_begun_are_charged(audio_s: float, charged: int) -> None:
    assert Cost(audio_s).whole_audio_s == charged
