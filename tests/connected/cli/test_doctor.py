"""What the machine lacks is told: ports are tried, so sockets are open."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ai4v.cli.command.doctor import doctor
from ai4v.kit.model import load_catalogue
from tests.support.npm import Npm

pytestmark = pytest.mark.connected


def examine(tmp_path: Path) -> dict[str, dict[str, str]]:
    environment = {"AI4V_DATA_DIR": str(tmp_path), "AI4V_MODEL_DIR": str(tmp_path / "model")}
    result = CliRunner().invoke(doctor, ["--json"], env=environment)
    return {finding["subject"]: finding for finding in json.loads(result.stdout)}


def install(folder: Path, name: str) -> None:
    """Make a model look whole: files of the right size that hold nothing."""
    model = load_catalogue()[name]
    for file in model.files:
        path = folder / name / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as content:
            content.truncate(file.size_bytes)
    files = {file.path: file.sha256 for file in model.files}
    manifest = {"name": name, "files": files, "acceptance": {}}
    (folder / name / "manifest.json").write_text(json.dumps(manifest))


class TestNpm:
    def test_present_is_good(self, npm: Npm, tmp_path: Path) -> None:
        npm.install(node="v22.3.1")
        found = examine(tmp_path)["npm"]
        assert (found["state"], found["found"]) == ("ok", "node 22.3.1")

    @pytest.mark.parametrize(
        ("node", "found"), [("v18.19.0", "node 18.19.0"), ("", "not found"), ("?", "not found")]
    )
    def test_old_or_silent_is_missing(
        self, npm: Npm, tmp_path: Path, node: str, found: str
    ) -> None:
        npm.install(node=node)
        finding = examine(tmp_path)["npm"]
        assert (finding["state"], finding["found"]) == ("missing", found)

    @pytest.mark.usefixtures("npm")
    def test_absent_says_what_to_do(self, tmp_path: Path) -> None:
        finding = examine(tmp_path)["npm"]
        assert (finding["state"], finding["found"]) == ("missing", "not found")
        assert finding["remedy"] == (
            "install Node.js 20 or later with npm, or give --without kokoro-82m"
        )

    @pytest.mark.usefixtures("npm")
    def test_absent_is_good_once_the_model_is_here(self, tmp_path: Path) -> None:
        install(tmp_path / "model", "kokoro-82m")
        finding = examine(tmp_path)["npm"]
        assert (finding["state"], finding["remedy"]) == ("ok", "")


def test_room_for_models_is_looked_at_until_they_are_here(tmp_path: Path) -> None:
    assert "disk for models" in examine(tmp_path)
    for name in load_catalogue():
        install(tmp_path / "model", name)
    assert "disk for models" not in examine(tmp_path)
