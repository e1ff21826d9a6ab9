import numpy as np
import pytest

from ai4v.contracts.audio import Audio
from ai4v.services.tts.assembly import Joiner, SpokenPiece, assemble, is_silent
from ai4v.services.tts.sentence import Pause

_RATE_HZ = 24_000


def _tone(seconds: float = 0.5, *, peak: float = 0.5, silence_s: float = 0.0) -> Audio:
    times = np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ
    tone = peak * np.cos(2 * np.pi * 200 * times)
    edge = np.zeros(round(silence_s * _RATE_HZ))
    return Audio(np.concatenate([edge, tone, edge]).astype(np.float32), _RATE_HZ)


def _assemble(*pieces: tuple[Audio, Pause], speed: float = 1.0) -> Audio:
    spoken = [SpokenPiece(audio, pause) for audio, pause in pieces]
    return assemble(spoken, rate_hz=_RATE_HZ, speed=speed)


@pytest.mark.parametrize(
    ("pause", "speed", "gap_s"),
    [
        (Pause.NONE, 1.0, 0.0),
        (Pause.CLAUSE, 1.0, 0.12),
        (Pause.SENTENCE, 1.0, 0.25),
        (Pause.PARAGRAPH, 1.0, 0.4),
        (Pause.SENTENCE, 2.0, 0.125),
    ],
)
def test_pause_is_that_of_the_punctuation(pause: Pause, speed: float, gap_s: float) -> None:
    whole = _assemble((_tone(), pause), (_tone(), Pause.PARAGRAPH), speed=speed)
    assert whole.duration_s == pytest.approx(1.0 + gap_s, abs=1e-3)


def test_silence_at_the_edges_is_cut_to_a_margin() -> None:
    whole = _assemble((_tone(silence_s=0.8), Pause.SENTENCE))
    assert whole.duration_s == pytest.approx(0.56, abs=1e-3)


def test_no_clicks_where_pieces_meet() -> None:
    whole = _assemble((_tone(), Pause.NONE), (_tone(), Pause.NONE)).samples
    steepest = 0.5 * 2 * np.pi * 200 / _RATE_HZ + 0.5 / (0.005 * _RATE_HZ)
    assert np.abs(np.diff(whole)).max() <= steepest * 1.05
    assert abs(whole[0]) < 1e-6
    assert abs(whole[-1]) < 0.01


def test_too_loud_a_piece_is_tamed() -> None:
    whole = _assemble((_tone(peak=1.7), Pause.NONE), (_tone(peak=0.5), Pause.NONE)).samples
    assert np.abs(whole).max() <= 1.0
    assert np.abs(whole[-6000:]).max() == pytest.approx(0.5, abs=0.01)


def test_piece_without_sound_leaves_the_longer_pause() -> None:
    nothing = Audio(np.zeros(0, np.float32), _RATE_HZ)
    whole = _assemble(
        (nothing, Pause.PARAGRAPH),
        (_tone(), Pause.SENTENCE),
        (nothing, Pause.PARAGRAPH),
        (_tone(), Pause.NONE),
    )
    assert whole.duration_s == pytest.approx(1.4, abs=1e-3)


def test_given_sound_is_not_changed() -> None:
    tone = _tone()
    before = tone.samples.copy()
    _assemble((tone, Pause.NONE))
    assert np.array_equal(tone.samples, before)


def test_silence_is_told() -> None:
    assert is_silent(_assemble())
    assert is_silent(_tone(peak=1e-4))
    assert not is_silent(_tone(peak=0.01))


def test_joined_one_by_one_it_is_the_same() -> None:
    nothing = Audio(np.zeros(0, np.float32), _RATE_HZ)
    pieces = [
        (nothing, Pause.PARAGRAPH),
        (_tone(silence_s=0.3), Pause.CLAUSE),
        (nothing, Pause.SENTENCE),
        (_tone(peak=1.7), Pause.NONE),
        (_tone(), Pause.PARAGRAPH),
        (nothing, Pause.PARAGRAPH),
    ]
    joiner = Joiner(rate_hz=_RATE_HZ, speed=1.5)
    parts = [joiner.join(SpokenPiece(audio, pause)) for audio, pause in pieces]
    whole = _assemble(*pieces, speed=1.5).samples
    assert np.array_equal(np.concatenate(parts), whole)
    assert joiner.frames == len(whole)
    assert [bool(len(part)) for part in parts] == [False, True, False, True, True, False]
