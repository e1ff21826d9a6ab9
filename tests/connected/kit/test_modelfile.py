"""No file of a model is of a kind that runs code when it is loaded (security 32)."""

from pathlib import Path

import pytest

from ai4v.kit.model import load_catalogue
from tests.support.speech_corpus import MODEL_DIR

pytestmark = pytest.mark.connected

_ENDS = {"", ".bin", ".gguf", ".json", ".onnx", ".txt", ".MIT"}


def _is_executable(file: Path) -> bool:
    """Tell a pickle, and the zip or tar that PyTorch wraps one in, by its first and last bytes."""
    with file.open("rb") as opened:
        head = opened.read(512)
        opened.seek(-1, 2)
        last = opened.read()
    is_pickle = head[:1] == b"\x80" and head[1:2] in {b"\2", b"\3", b"\4", b"\5"} and last == b"."
    return is_pickle or head.startswith(b"PK") or head[257:262] == b"ustar"


@pytest.mark.parametrize("name", load_catalogue())
def test_no_file_of_a_model_runs_code(name: str) -> None:
    for file in load_catalogue()[name].files:
        path = MODEL_DIR / name / file.path
        assert path.suffix in _ENDS, file.path
        assert not _is_executable(path), file.path


def test_what_runs_code_is_known(tmp_path: Path) -> None:
    pickled = tmp_path / "model.bin"
    pickled.write_bytes(b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.")
    assert _is_executable(pickled)
    pickled.write_bytes(b"PK\x03\x04 of torch.save")
    assert _is_executable(pickled)
    pickled.write_bytes(b"\x06\x00\x00\x00 of CTranslate2")
    assert not _is_executable(pickled)
