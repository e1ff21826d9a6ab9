"""Whisper's log-mel features, computed with numpy.

The published definition (Radford et al. 2022, section 2.2; openai/whisper, audio.py): 25 ms Hann
windows every 10 ms, 80 Slaney mel bands to 8 kHz, log10 bounded to 8 below the loudest, scaled.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai4v.contracts.audio import SPEECH_RATE_HZ, Samples

HOP_SAMPLES: Final = 160
FRAMES_PER_S: Final = SPEECH_RATE_HZ // HOP_SAMPLES
BANDS: Final = 80
_WINDOW_SAMPLES: Final = 400
_LOWEST_POWER: Final = 1e-10

Features = NDArray[np.float32]
"""Shape [bands, frames]."""


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear to 1 kHz, logarithmic above."""
    log_step = np.log(6.4) / 27.0
    return np.where(mel < 15.0, mel * (200.0 / 3.0), 1000.0 * np.exp(log_step * (mel - 15.0)))


@cache
def mel_filters() -> NDArray[np.float32]:
    """Shape [bands, 201]: triangles of equal area over the bins of the spectrum."""
    top_mel = 15.0 + 27.0 * np.log(8.0) / np.log(6.4)
    edges_hz = _mel_to_hz(np.linspace(0.0, top_mel, BANDS + 2))
    bins_hz = np.fft.rfftfreq(_WINDOW_SAMPLES, 1.0 / SPEECH_RATE_HZ)
    rise = (bins_hz - edges_hz[:-2, None]) / np.diff(edges_hz)[:-1, None]
    fall = (edges_hz[2:, None] - bins_hz) / np.diff(edges_hz)[1:, None]
    area = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    filters: NDArray[np.float64] = np.maximum(0.0, np.minimum(rise, fall)) * area[:, None]
    return filters.astype(np.float32)


def log_mel(samples: Samples, frames: int) -> Features:
    """Compute the features of a window of `frames` frames.

    After the sound the features are 0, as in faster-whisper. That is no silence, which would be
    below, but the model hears the ends of words better so (tests/data/speech/README.md).

    Args:
        samples: shape [n], 16 kHz, n > 0; what does not fit into the window is left out.
        frames: length of the window, 100 a second; at least 2.
    """
    heard = min(frames, len(samples) // HOP_SAMPLES + 1)
    size = max(heard * HOP_SAMPLES, _WINDOW_SAMPLES)
    padded = np.zeros(size, np.float32)
    padded[: min(size, len(samples))] = samples[:size]
    padded = np.pad(padded, _WINDOW_SAMPLES // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)
    hann = np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(windows[::HOP_SAMPLES][:heard] * hann)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    bands = np.log10(np.maximum(mel_filters() @ power.T, _LOWEST_POWER))
    features = np.zeros((BANDS, frames), np.float32)
    features[:, :heard] = (np.maximum(bands, bands.max() - 8.0) + 4.0) / 4.0
    return features
