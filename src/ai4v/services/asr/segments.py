"""Where to cut sound for an engine that hears a bounded stretch at a time, and back again.

A window is one stretch of the file as it is, pauses included, so that a time inside it is a time
in the file less the window's start.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.contracts.audio import Audio, Samples
from ai4v.ports.recognizer import RecognizedSegment
from ai4v.ports.voiceactivity import SpeechSpan

MARGIN_S: Final = 0.4
"""Sound kept before and after speech: detectors cut into soft beginnings and endings."""
_LONGEST_PAUSE_S: Final = 5.0
"""A longer pause always ends a window: engines invent text for silence."""
_EARLIEST_CUT: Final = 0.7
"""Windows are filled at least to this share before a pause may end them."""
_FRAME_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the file to be heard at once; seconds."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


def plan_windows(
    audio: Audio, spans: Sequence[SpeechSpan], *, max_duration_s: float
) -> tuple[Window, ...]:
    """Cover the speech with windows that do not overlap.

    As few windows as the limit allows, each cut at the longest pause of its last third. Speech
    without a pause for longer than a window is cut where it is quietest.

    Args:
        audio: the whole file.
        spans: where speech is, in order, apart from each other.
        max_duration_s: the longest window; more than four margins.
    """
    longest_s = max_duration_s - 2 * MARGIN_S
    pieces = [piece for span in spans for piece in _split(audio, span, longest_s)]
    groups = list(_group(pieces, longest_s))
    windows = []
    for index, group in enumerate(groups):
        before_s = groups[index - 1][-1].end_s if index else 0.0
        after_s = groups[index + 1][0].start_s if index + 1 < len(groups) else audio.duration_s
        start_s, end_s = group[0].start_s, group[-1].end_s
        room_s = (start_s - before_s) / (2 if index else 1)
        rest_s = (after_s - end_s) / (2 if index + 1 < len(groups) else 1)
        windows.append(
            Window(
                start_s - min(MARGIN_S, max(0.0, room_s)),
                min(audio.duration_s, end_s + min(MARGIN_S, max(0.0, rest_s))),
            )
        )
    return tuple(windows)


def cut(audio: Audio, window: Window) -> Audio:
    """Return the samples of `window`, without copying them."""
    first = round(window.start_s * audio.rate_hz)
    last = round(window.end_s * audio.rate_hz)
    return Audio(audio.samples[first:last], audio.rate_hz)


def place(
    window: Window, segments: Sequence[RecognizedSegment], *, after_s: float
) -> tuple[RecognizedSegment, ...]:
    """Move segments of `window` to the file's time.

    They stay inside the window and in order, none before `after_s` or before the one ahead of it.
    """
    placed = []
    floor_s = max(window.start_s, after_s)
    for segment in segments:
        start_s = min(max(window.start_s + segment.start_s, floor_s), window.end_s)
        end_s = min(max(window.start_s + segment.end_s, start_s), window.end_s)
        placed.append(RecognizedSegment(start_s, end_s, segment.text))
        floor_s = end_s
    return tuple(placed)


def quietest_s(samples: Samples, rate_hz: int, first_s: float, last_s: float) -> float:
    """Return the middle of the quietest 20 ms between two times."""
    frame = max(1, round(_FRAME_S * rate_hz))
    first = round(first_s * rate_hz)
    part = samples[first : round(last_s * rate_hz)]
    count = len(part) // frame
    if count == 0:
        return (first_s + last_s) / 2
    energy = np.square(part[: count * frame].reshape(count, frame)).sum(axis=1)
    return (first + (int(energy.argmin()) + 0.5) * frame) / rate_hz


def _split(audio: Audio, span: SpeechSpan, longest_s: float) -> Iterator[SpeechSpan]:
    start_s, end_s = span.start_s, min(span.end_s, audio.duration_s)
    while end_s - start_s > longest_s:
        latest_s = start_s + longest_s
        earliest_s = start_s + longest_s * _EARLIEST_CUT
        cut_s = quietest_s(audio.samples, audio.rate_hz, earliest_s, latest_s)
        yield SpeechSpan(start_s, cut_s)
        start_s = cut_s
    if end_s > start_s:
        yield SpeechSpan(start_s, end_s)


def _group(pieces: Sequence[SpeechSpan], longest_s: float) -> Iterator[Sequence[SpeechSpan]]:
    first = 0
    while first < len(pieces):
        end = _reach(pieces, first, longest_s)
        if end < len(pieces) and _pause_s(pieces, end) <= _LONGEST_PAUSE_S:
            end = _best_cut(pieces, first, end, longest_s)
        yield pieces[first:end]
        first = end


def _reach(pieces: Sequence[SpeechSpan], first: int, longest_s: float) -> int:
    """Return how far a window from `first` can go: the index after its last piece."""
    end = first + 1
    while (
        end < len(pieces)
        and pieces[end].end_s - pieces[first].start_s <= longest_s
        and _pause_s(pieces, end) <= _LONGEST_PAUSE_S
    ):
        end += 1
    return end


def _best_cut(pieces: Sequence[SpeechSpan], first: int, end: int, longest_s: float) -> int:
    """Return where in a full window's last third the longest pause is."""
    late_s = pieces[first].start_s + longest_s * _EARLIEST_CUT
    late = [at for at in range(first + 1, end + 1) if pieces[at - 1].end_s >= late_s]
    return max(late, key=lambda at: _pause_s(pieces, at), default=end)


def _pause_s(pieces: Sequence[SpeechSpan], at: int) -> float:
    return pieces[at].start_s - pieces[at - 1].end_s
