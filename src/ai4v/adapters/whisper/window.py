"""How long a window an utterance is given, and which utterances share a batch. Pure.

Whisper pads everything to 30 s, and its encoder is most of a short clip's cost. A window cut to
the clip gives the same text several times faster, if room is left at its end.
"""

import math
from typing import Final

from ai4v.adapters.whisper.mel import FRAMES_PER_S

LONGEST_S: Final = 30.0
FULL_FRAMES: Final = int(LONGEST_S * FRAMES_PER_S)
MARGIN_S: Final = 2.0
"""Room after the clip; with less, the last word is lost or said twice."""
_STEP_S: Final = 2.0
_SHORTEST_S: Final = 4.0
_BATCH_FRAMES: Final = 2 * FULL_FRAMES
_BATCH_LIMIT: Final = 8


def window_frames(duration_s: float) -> int:
    """Return the frames of the window for a clip, in steps, so that like clips share one."""
    wanted_s = max(_SHORTEST_S, math.ceil((duration_s + MARGIN_S) / _STEP_S) * _STEP_S)
    return min(FULL_FRAMES, round(wanted_s * FRAMES_PER_S))


def batch_limit(frames: int) -> int:
    """Return how many windows go through the engine at once: 8 short ones to 2 full ones."""
    return max(1, min(_BATCH_LIMIT, _BATCH_FRAMES // frames))
