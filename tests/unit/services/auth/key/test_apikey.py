"""The form of a key."""

import re
from uuid import UUID, uuid4

import pytest

from ai4v.kit.keyform import is_well_formed
from ai4v.kit.log import redact
from ai4v.services.auth.key.apikey import mint_key, show_prefix


def test_a_key_is_well_formed_and_begins_with_what_may_be_shown() -> None:
    key_id = uuid4()
    key = mint_key(key_id)
    assert is_well_formed(key)
    assert key.startswith(show_prefix(key_id) + "_")
    assert re.fullmatch(r"a4v_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}", key)


def test_two_keys_of_one_id_differ() -> None:
    assert len({mint_key(UUID(int=7)) for _ in range(100)}) == 100


def test_the_largest_id_fits() -> None:
    assert is_well_formed(mint_key(UUID(int=2**128 - 1)))


def test_no_single_wrong_character_goes_unseen() -> None:
    key = mint_key(uuid4())
    for position in range(4, len(key)):
        other = "b" if key[position] == "a" else "a"
        assert not is_well_formed(key[:position] + other + key[position + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", "a4v_", "a4v_x_y", "eyJhbGciOiJub25lIn0.e30.", "a4v_" + "0" * 72, "a4v_" + "ü" * 72],
)
def test_what_is_no_key_is_told_apart(text: str) -> None:
    assert not is_well_formed(text)


@pytest.mark.parametrize("around", [" {}", "{} ", "{}\n", "x{}", "{}0"])
def test_a_key_with_something_around_it_is_no_key(around: str) -> None:
    assert not is_well_formed(around.format(mint_key(uuid4())))


def test_logs_never_carry_a_part_of_a_key_that_is_secret() -> None:
    key = mint_key(uuid4())
    line = redact(None, "info", {"event": f"said {key}."})
    assert line["event"] == "said [redacted]."
