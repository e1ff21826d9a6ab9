"""Every command shows how it is called, and what it shows is right."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ai4v.cli.main import root
from tests.support.commandline import find_calls, find_command, parse, walk

COMMANDS = {" ".join(words): command for words, command in walk()}
_SUMMARY_WIDTH = 63
"""Of a line of `ai4v --help` on a terminal of 80 columns."""


def _read_examples(command: click.Command) -> list[str]:
    title, *lines = (command.epilog or "none").split("\n")[1:] or [""]
    return [line.strip() for line in lines] if title == "Examples:" else []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_of_itself_that_parse(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "head.jsonl").touch()
    lines = _read_examples(COMMANDS[name])
    assert 1 <= len(lines) <= 3
    for line in lines:
        (call,) = find_calls(line)
        parse(call)
        assert " ".join(call).startswith(name)
        assert isinstance(COMMANDS[name], click.Group) or find_command(call)[0] is COMMANDS[name]


def test_help_shows_examples_as_they_are_typed() -> None:
    shown = CliRunner().invoke(root, ["keys", "create", "--help"]).output
    for line in _read_examples(COMMANDS["keys create"]):
        assert f"\n    {line}\n" in shown


def test_help_shows_each_command_once_under_what_it_is_for() -> None:
    shown = CliRunner().invoke(root, ["--help"]).output
    for name in root.list_commands(click.Context(root)):
        assert shown.count(f"\n  {name} ") == 1
    assert shown.index("The platform:") < shown.index("\n  up ") < shown.index("Speech and text:")
    assert "supervise" not in shown
    assert "bootstrap" not in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_summary_fits_a_line(name: str) -> None:
    if " " not in name:
        assert not COMMANDS[name].get_short_help_str(_SUMMARY_WIDTH).endswith("...")


@pytest.mark.parametrize(
    "line", ["ai4v fly", "ai4v keys fly", "ai4v speak x", "ai4v keys show 1", "ai4v stop --now"]
)
def test_what_is_wrong_does_not_parse(line: str) -> None:
    (call,) = find_calls(line)
    with pytest.raises(click.UsageError):
        parse(call)


def test_calls_are_found_wherever_they_stand() -> None:
    line = "echo 'ai4v x' | ai4v a > b; X=$(ai4v c --d 'e f' | cat) && ai4v g"
    assert list(find_calls(line)) == [["a"], ["c", "--d", "e f"], ["g"]]
