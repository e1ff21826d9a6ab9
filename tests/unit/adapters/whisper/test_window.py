import pytest

from ai4v.adapters.whisper.window import FULL_FRAMES, MARGIN_S, batch_limit, window_frames


@pytest.mark.parametrize("duration_s", [0.1, 1.9, 2.0, 2.1, 3.6, 10.0, 27.9])
def test_a_short_clip_has_a_cut_window_with_room_after_it(duration_s: float) -> None:
    frames = window_frames(duration_s)
    assert duration_s + MARGIN_S <= frames / 100 < duration_s + MARGIN_S + 4
    assert frames % 2 == 0


@pytest.mark.parametrize("duration_s", [28.0, 29.0, 30.0])
def test_a_long_clip_has_the_full_window(duration_s: float) -> None:
    assert window_frames(duration_s) == FULL_FRAMES


@pytest.mark.parametrize(("frames", "limit"), [(400, 8), (600, 8), (1200, 5), (3000, 2)])
def test_short_windows_share_batches(frames: int, limit: int) -> None:
    assert batch_limit(frames) == limit
