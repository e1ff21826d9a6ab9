import pytest

from tools.ratchet import lifted, verdict


def test_what_is_measured_reaches_the_floor() -> None:
    assert verdict(90.0, 90.0, 90.0) == ""
    assert "under the floor" in verdict(89.9, 90.0, 90.0)


def test_the_floor_is_never_lowered() -> None:
    assert "only rises" in verdict(95.0, 80.0, 90.0)


@pytest.mark.parametrize(("measured", "floor"), [(90.0, 89.5), (90.58, 90.0), (0.0, 0.0)])
def test_the_floor_is_lifted_to_a_little_under_what_is_measured(
    measured: float, floor: float
) -> None:
    assert lifted(measured) == floor
