import pytest

from ai4v.contracts.error import DeadlineExceededError, ValidationError
from ai4v.kit.deadline import DEFAULT_S, MAXIMUM_S, Deadline


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, DEFAULT_S),
        ("9" * 10, MAXIMUM_S),
        ("9" * 60_000, MAXIMUM_S),
        ("0001500", 1.5),
        ("1500", 1.5),
        ("299000", 299.0),
        ("300001", MAXIMUM_S),
        ("999999999", MAXIMUM_S),
    ],
)
def test_the_header_is_read_or_the_default_holds(header: str | None, seconds: float) -> None:
    assert Deadline.parse(header).remaining_s() == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize("header", ["", "0", "000", "-5", "1.5", "soon", "१२", "5 "])
def test_what_is_no_positive_number_is_refused(header: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Deadline.parse(header)
    assert refused.value.errors[0].path == "x-request-timeout-ms"


def test_a_deadline_that_has_passed_is_an_error() -> None:
    deadline = Deadline(-1)
    with pytest.raises(DeadlineExceededError):
        deadline.remaining_s()
    assert deadline.header_value() == "1"


def test_what_is_left_goes_on() -> None:
    assert 9_000 < int(Deadline(10).header_value()) <= 10_000
