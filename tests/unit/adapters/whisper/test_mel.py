import numpy as np
import pytest

from ai4v.adapters.whisper.mel import log_mel, mel_filters
from ai4v.contracts.audio import SPEECH_RATE_HZ


def _tone(hz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    times = np.arange(round(seconds * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    return (0.5 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def test_every_band_hears_something() -> None:
    filters = mel_filters()
    assert filters.shape == (80, 201)
    assert (filters >= 0).all()
    assert (filters.max(axis=1) > 0).all()


@pytest.mark.parametrize(("hz", "band"), [(440, 11), (1000, 25), (3000, 53)])
def test_a_tone_is_loudest_in_its_band(hz: float, band: int) -> None:
    features = log_mel(_tone(hz, 1.0), 100)
    assert abs(int(features[:, 10:90].mean(axis=1).argmax()) - band) <= 1


def test_features_after_the_sound_are_zero_and_too_much_sound_is_left_out() -> None:
    features = log_mel(_tone(440, 1.0), 400)
    assert features.shape == (80, 400)
    assert features.dtype == np.float32
    assert not features[:, 101:].any()
    assert log_mel(_tone(440, 2.0), 100).shape == (80, 100)


def test_the_floor_is_two_below_the_loudest() -> None:
    features = log_mel(_tone(440, 1.0), 100)
    assert np.isclose(features.max() - features.min(), 2.0, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 100, 399, 401])
def test_the_shortest_clips_are_heard(samples: int) -> None:
    assert np.isfinite(log_mel(_tone(440, 1.0)[:samples], 200)).all()
