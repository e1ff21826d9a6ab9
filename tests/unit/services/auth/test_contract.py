"""What requests may say."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ai4v.contracts.apikey import KeyCreation, KeyLimits
from ai4v.contracts.auth import UserCreation, Username

_USERNAMES = TypeAdapter[str](Username)


def test_capitals_of_a_username_do_not_count() -> None:
    assert _USERNAMES.validate_python("Asha.Rao@example") == "asha.rao@example"


@pytest.mark.parametrize("name", ["", " ", "a b", "a\0", "a\n", "-a", "ä", "a" * 65, "\ud800"])
def test_what_is_no_username_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        _USERNAMES.validate_python(name)


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb", "\x7f", "x" * 101])
def test_what_is_no_name_of_a_key_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        KeyCreation(name=name)


def test_a_key_may_be_named_in_any_script() -> None:
    assert KeyCreation(name="पहली कुंजी").name == "पहली कुंजी"


@pytest.mark.parametrize("value", [0, -1, 1_000_001, 2**63])
def test_limits_have_limits(value: int) -> None:
    with pytest.raises(ValidationError):
        KeyLimits(per_minute=value)


@pytest.mark.parametrize("password", ["", "x" * 14, "x" * 129])
def test_a_new_password_is_neither_short_nor_huge(password: str) -> None:
    with pytest.raises(ValidationError):
        UserCreation.model_validate({"username": "asha", "password": password})
