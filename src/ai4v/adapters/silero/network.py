"""Silero's network over many frames at once.

The library runs one frame of 32 ms after another, 7.7 s of CPU for 10 minutes of audio. Only the
recurrent layer needs that order; with the rest done for a block of frames at a time it is 2.3 s.
A test holds the two together.
"""

from typing import Final

import numpy as np

from ai4v.adapters.silero.checkpoint import Weights
from ai4v.contracts.audio import Samples

FRAME: Final = 512
"""Samples of a frame: 32 ms at 16 kHz."""
_BLOCK: Final = 256
"""Frames computed together: enough for fast products, few enough for 2 MB."""
_MARGIN: Final = 64
_WINDOW: Final = 256
_HOP: Final = 128
_BINS: Final = 129
_STRIDES: Final = (1, 2, 2, 1)
_CELLS: Final = 128


class Network:
    """The probability of speech, frame by frame."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def probabilities(self, samples: Samples) -> Samples:
        """Return one for each frame of 16 kHz audio; silence fills up the last frame."""
        count = -(-len(samples) // FRAME)
        state, cell = np.zeros(_CELLS, np.float32), np.zeros(_CELLS, np.float32)
        states = np.empty((count, _CELLS), np.float32)
        for first in range(0, count, _BLOCK):
            part = samples[first * FRAME : (first + _BLOCK) * FRAME]
            frames = np.pad(part, (0, -len(part) % FRAME)).reshape(-1, FRAME)
            gates = self._encode(frames) @ self._weights.lstm_input + self._weights.lstm_bias
            for index, gate in enumerate(gates, first):
                state, cell = self._step(gate, state, cell)
                states[index] = state
        spoken = np.maximum(states, 0) @ self._weights.output + self._weights.output_bias
        return np.asarray(_sigmoid(spoken), np.float32)

    def _encode(self, frames: Samples) -> Samples:
        """Return features [n, 128] of frames [n, 512]."""
        padded = np.pad(frames, ((0, 0), (_MARGIN, _MARGIN)), mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[:, ::_HOP]
        spectrum = windows @ self._weights.basis
        powers = np.square(spectrum)
        features = np.sqrt(powers[..., :_BINS] + powers[..., _BINS:])
        for (matrix, bias), stride in zip(self._weights.layers, _STRIDES, strict=True):
            features = _convolve(features, matrix, bias, stride)
        return np.asarray(features[:, 0], np.float32)

    def _step(self, gate: Samples, state: Samples, cell: Samples) -> tuple[Samples, Samples]:
        gate = gate + state @ self._weights.lstm_state
        opened = _sigmoid(gate)
        kept = opened[_CELLS : 2 * _CELLS] * cell
        cell = kept + opened[:_CELLS] * np.tanh(gate[2 * _CELLS : 3 * _CELLS])
        return opened[3 * _CELLS :] * np.tanh(cell), cell


def _convolve(values: Samples, matrix: Samples, bias: Samples, stride: int) -> Samples:
    """Convolve [n, time, inputs] by width 3 with zeros around, then cut off what is negative."""
    padded = np.pad(values, ((0, 0), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=1)[:, ::stride]
    count, times = windows.shape[:2]
    rows = windows.reshape(count * times, -1) @ matrix + bias
    return np.asarray(np.maximum(rows, 0).reshape(count, times, -1), np.float32)


def _sigmoid(values: Samples) -> Samples:
    """Return 1 / (1 + e^-x), written so that it cannot overflow."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)
