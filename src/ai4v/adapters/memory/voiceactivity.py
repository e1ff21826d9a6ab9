"""A voice activity detector by loudness, for tests: anything loud enough counts as speech."""

from typing import Final

import numpy as np

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.voiceactivity import SpeechSpan

_FRAME_S: Final = 0.03
_LOUD: Final = 0.01
"""Root mean square above which a frame counts, of full scale: -40 dB."""
_GAP_S: Final = 0.3
"""Shorter pauses do not part two spans."""


class MemoryVoiceActivityDetector:
    """A `VoiceActivityDetector` that takes loudness for speech."""

    async def detect(self, audio: Audio) -> tuple[SpeechSpan, ...]:
        """Find what is louder than -40 dB; as the port says."""
        if audio.rate_hz != SPEECH_RATE_HZ:
            raise ValueError(f"the rate is {audio.rate_hz} Hz, not {SPEECH_RATE_HZ}")
        frame = int(_FRAME_S * audio.rate_hz)
        starts = np.arange(0, len(audio.samples), frame)
        if not len(starts):
            return ()
        sums = np.add.reduceat(np.square(audio.samples, dtype=np.float64), starts)
        sizes = np.diff(np.append(starts, len(audio.samples)))
        spans: list[SpeechSpan] = []
        for start in starts[np.sqrt(sums / sizes) > _LOUD]:
            start_s = float(start) / audio.rate_hz
            end_s = min(start_s + _FRAME_S, audio.duration_s)
            if spans and start_s - spans[-1].end_s < _GAP_S:
                spans[-1] = SpeechSpan(spans[-1].start_s, end_s)
            else:
                spans.append(SpeechSpan(start_s, end_s))
        return tuple(spans)
