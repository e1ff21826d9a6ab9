"""The Kokoro model as a worker process runs it: numbers of symbols in, sound out."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ai4v.adapters.kokoro.model import network_path, voice_path
from ai4v.adapters.kokoro.sound import tidy
from ai4v.adapters.kokoro.voice import VOICE_IDS
from ai4v.contracts.audio import Samples
from ai4v.kit.worker.engine import Factory, Handler, Reply

METHOD: Final = "speak"
_STYLE: Final = 256
_EDGE: Final = 0
"""The number that stands before and after the symbols."""


class Settings(msgspec.Struct, frozen=True):
    """Which model, and what it may use."""

    folder: str
    threads: int


class SpeakRequest(msgspec.Struct, frozen=True):
    """One segment."""

    tokens: list[int]
    """Numbers of its symbols."""
    voice_id: str
    speed: float


class SpeakReply(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples at the model's rate."""


class KokoroEngine:
    """One loaded model."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Load the network and all voices.

        onnxruntime's arena keeps the memory of the longest input for good, so it is told to give
        it back after each run; without an arena a run takes a fifth more time and twice the
        memory. Idle threads sleep, since other engines run on the same cores.

        Raises:
            OSError, ValueError, RuntimeError: the model is not there or not whole.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(network_path(folder)), options, providers=["CPUExecutionProvider"]
        )
        self._giving_back = onnxruntime.RunOptions()
        self._giving_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._styles = {voice_id: _read_styles(folder, voice_id) for voice_id in VOICE_IDS}

    def speak(self, tokens: list[int], voice_id: str, speed: float) -> Samples:
        """Return the sound of one segment; shape [n].

        Raises:
            ValueError: more symbols than the voice has styles for.
        """
        styles = self._styles[voice_id]
        if len(tokens) >= len(styles):
            raise ValueError(f"a segment has fewer than {len(styles)} symbols")
        (audio,) = self._session.run(
            ["audio"],
            {
                "tokens": np.array([[_EDGE, *tokens, _EDGE]], np.int64),
                "style": styles[len(tokens)],
                "speed": np.array([speed], np.float32),
            },
            self._giving_back,
        )
        return np.asarray(audio, np.float32)


def _read_styles(folder: Path, voice_id: str) -> NDArray[np.float32]:
    """Return the styles of a voice by the number of symbols; shape [510, 1, 256]."""
    return np.fromfile(voice_path(folder, voice_id), "<f4").reshape(-1, 1, _STYLE)


def _build(settings: Settings) -> list[Handler[SpeakRequest]]:
    engine = KokoroEngine(Path(settings.folder), threads=settings.threads)

    def speak(request: SpeakRequest, _payload: memoryview) -> Reply:
        samples = engine.speak(request.tokens, request.voice_id, request.speed)
        return SpeakReply(), tidy(samples).data

    return [Handler(METHOD, SpeakRequest, speak)]


SPEAKER: Final = Factory(Settings, _build)
