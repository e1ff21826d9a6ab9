import numpy as np
import pytest

from ai4v.adapters.kokoro.sound import join, tidy
from ai4v.adapters.kokoro.voice import RATE_HZ
from ai4v.contracts.audio import Samples


def _tone(seconds: float, level: float) -> Samples:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * np.cos(2 * np.pi * 200 * times)).astype(np.float32)


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def test_silence_at_the_ends_is_cut_to_a_margin() -> None:
    sound = tidy(np.concatenate([_silence(0.4), _tone(1.0, 0.5), _silence(0.7)]))
    assert abs(len(sound) / RATE_HZ - 1.06) < 0.005


def test_ends_are_faded() -> None:
    sound = tidy(_tone(1.0, 0.5))
    assert sound[0] == 0.0
    assert abs(sound[-1]) < 0.01
    assert np.abs(np.diff(sound)).max() < 0.05


def test_a_loud_sound_is_scaled_and_never_clipped() -> None:
    sound = tidy(_tone(1.0, 2.5))
    assert 0.98 < np.abs(sound).max() < 1.0
    middle = _tone(1.0, 2.5)[1000:2000] * (0.99 / 2.5)
    assert np.allclose(sound[1000:2000], middle, atol=1e-5)


def test_a_sound_within_bounds_keeps_its_level() -> None:
    sound = tidy(_tone(1.0, 0.3))
    assert np.array_equal(sound[1000:2000], _tone(1.0, 0.3)[1000:2000])


def test_what_cannot_be_heard_is_nothing() -> None:
    assert tidy(_silence(1.0)).shape == (0,)
    assert tidy(_silence(0.0)).shape == (0,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error(bad: float) -> None:
    sound = _tone(0.1, 0.5)
    sound[7] = bad
    with pytest.raises(ArithmeticError):
        tidy(sound)


def test_sounds_are_joined_with_their_pauses_but_the_last() -> None:
    parts = [(_tone(0.5, 0.5), 0.25), (_silence(0.0), 0.25), (_tone(0.5, 0.5), 0.1)]
    joined = join(parts)
    assert len(joined) == round(1.25 * RATE_HZ)
    assert not joined[round(0.5 * RATE_HZ) : round(0.75 * RATE_HZ)].any()
    assert joined.dtype == np.float32
    assert join([]).shape == (0,)
