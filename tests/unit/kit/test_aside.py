import threading

import pytest

from ai4v.kit.aside import SHORT_CHARACTERS, work_aside


@pytest.mark.parametrize(
    ("characters", "is_here"), [(0, True), (SHORT_CHARACTERS, True), (SHORT_CHARACTERS + 1, False)]
)
async def test_only_long_work_leaves_the_event_loop(characters: int, *, is_here: bool) -> None:
    place = await work_aside(characters, threading.get_ident)
    assert (place == threading.get_ident()) == is_here


@pytest.mark.parametrize("characters", [1, 10_000])
async def test_what_goes_wrong_is_told(characters: int) -> None:
    def fail() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await work_aside(characters, fail)
