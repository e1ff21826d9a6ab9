"""What the processes said, for people and for programs."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ai4v.cli.command import log
from ai4v.cli.failure import CommandError
from ai4v.cli.main import root

_FIELDS = {"event": "नमस्ते", "level": "info", "service": "asr"}


class _Data:
    """A data folder with the logs of two processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.logs = folder / "log"
        self.logs.mkdir()
        (self.logs / "asr-2.log").write_text(json.dumps(_FIELDS) + "\nTraceback\n", "utf-8")
        (self.logs / "valkey.log").write_text("1:M ready\n")

    def run(self, *arguments: str) -> Result:
        environment = {"AI4V_DATA_DIR": str(self._folder)}
        return CliRunner(env=environment).invoke(root, ["logs", *arguments])

    def read(self, *arguments: str) -> list[object]:
        return [json.loads(line) for line in self.run("--json", *arguments).stdout.splitlines()]


@pytest.fixture
def data(tmp_path: Path) -> _Data:
    return _Data(tmp_path)


def test_json_is_an_object_a_line_with_the_fields_beside_the_process(data: _Data) -> None:
    assert data.read() == [
        {"process": "asr-2", **_FIELDS},
        {"process": "asr-2", "service": "asr-2", "event": "Traceback"},
        {"process": "valkey", "service": "valkey", "event": "1:M ready"},
    ]
    assert "नमस्ते" in data.run("asr-2", "--json").stdout
    assert data.read("asr-2", "-n", "1") == data.read()[1:2]
    assert data.read("-n", "0") == []


@pytest.mark.parametrize("line", ["5", "[]", '"text"', "{", ""])
def test_a_line_that_is_no_object_is_an_event(data: _Data, line: str) -> None:
    (data.logs / "valkey.log").write_text(line + "\n")
    assert data.read("valkey") == [{"process": "valkey", "service": "valkey", "event": line}]


def test_people_see_lines_as_they_are(data: _Data) -> None:
    assert data.run("valkey").stdout == "1:M ready\n"
    assert data.run().stdout.splitlines()[1:] == ["asr-2: Traceback", "valkey: 1:M ready"]


def test_who_looks_before_there_is_a_log_is_told(tmp_path: Path) -> None:
    result = CliRunner(env={"AI4V_DATA_DIR": str(tmp_path)}).invoke(root, ["logs"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"ai4v: no log yet in {tmp_path}/log\n"


def test_a_name_that_has_no_log_is_told(data: _Data) -> None:
    error = data.run("nobody").exception
    assert isinstance(error, CommandError)
    assert error.message == "there is no log of nobody: there are asr-2, valkey"
    assert data.run("-n", "-1").exit_code == 2


def test_what_is_added_is_followed_line_by_line_also_after_a_cut(
    data: _Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = data.logs / "valkey.log"
    happens = iter(["1:M ready\nha", "1:M ready\nhalf\n", "cut\n", None])

    def wait(_seconds: float) -> None:
        content = next(happens)
        if content is None:
            raise KeyboardInterrupt
        file.write_text(content)

    monkeypatch.setattr(log, "pause", wait)
    printed = data.run("valkey", "-f", "--json").stdout.splitlines()
    said = [json.loads(line)["event"] for line in printed]
    assert said == ["1:M ready", "half", "cut"]
