"""The model's files: which there must be, and what the numbers of its symbols are."""

from pathlib import Path
from typing import Final

import msgspec

from ai4v.adapters.kokoro.voice import VOICE_IDS
from ai4v.kit.model import ModelMissingError

_NETWORK: Final = "kokoro.onnx"
_CONFIG: Final = "config.json"


class _Config(msgspec.Struct, frozen=True):
    """What we need of `config.json`."""

    vocab: dict[str, int]


def network_path(folder: Path) -> Path:
    """Return where the network is."""
    return folder / _NETWORK


def voice_path(folder: Path, voice_id: str) -> Path:
    """Return where a voice is."""
    return folder / "voices" / f"{voice_id}.bin"


def read_vocabulary(folder: Path) -> dict[str, int]:
    """Return the number of each symbol, of a model that is there.

    Raises:
        ModelMissingError: a file is missing; the message says how to get the model.
        OSError, ValueError: the file cannot be read, or is another.
    """
    needed = [
        network_path(folder),
        folder / _CONFIG,
        *(voice_path(folder, voice_id) for voice_id in VOICE_IDS),
    ]
    if not all(path.is_file() for path in needed):
        raise ModelMissingError(
            f"the model {folder.name} is not on this machine: run ai4v models pull {folder.name}"
        )
    return msgspec.json.decode((folder / _CONFIG).read_bytes(), type=_Config).vocab
