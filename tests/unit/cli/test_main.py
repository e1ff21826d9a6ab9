import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ai4v.cli.main import main, root

PRINTS_NO_VALUE = {"serve", "migrate", "supervise", "bootstrap", "audit export"}


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from walk(found, f"{name} {child}".strip())
    else:
        yield name, command


COMMANDS = dict(walk(root, ""))


def test_every_command_of_the_readme_is_there() -> None:
    expected = {"up", "stop", "status", "logs", "serve", "keys", "admin", "models", "doctor"}
    expected |= {"transcribe", "speak", "voices", "translate", "detect", "converse", "audit"}
    expected |= {"certificate"}
    assert expected <= set(root.list_commands(click.Context(root)))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_the_command_and_its_options_do(name: str) -> None:
    result = CliRunner().invoke(root, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert COMMANDS[name].help
    options = [item for item in COMMANDS[name].params if isinstance(item, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS.keys() - PRINTS_NO_VALUE)
def test_command_that_prints_takes_json(name: str) -> None:
    assert any("--json" in parameter.opts for parameter in COMMANDS[name].params)


def test_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(root, ["fly"]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["transcribe", "-", "--language", "hi"], "ai4v: standard input is closed\n"),
        (["speak", "--language", "hi", "-o", "x.wav"], "ai4v: standard input is closed\n"),
        (["converse", "-", "--to", "hi", "-o", "x.wav"], "ai4v: standard input is closed\n"),
        (
            ["models", "pull", "whisper-base", "--accept-licences"],
            "ai4v: {model_dir}/.part: Not a directory\n",
        ),
    ],
)
def test_failure_is_a_message(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model_dir = tmp_path / "file"
    model_dir.touch()
    monkeypatch.setenv("AI4V_MODEL_DIR", str(model_dir))
    monkeypatch.setenv("AI4V_API_KEY", "key")
    monkeypatch.setattr(sys, "argv", ["ai4v", *arguments])
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert capsys.readouterr().err.endswith(message.format(model_dir=model_dir))


def test_output_that_takes_other_letters_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = (tmp_path / "output").open("w", encoding="latin-1")
    monkeypatch.setenv("AI4V_API_KEY", "key")
    monkeypatch.setattr(sys, "argv", ["ai4v", "translate", "४२", "--to", "en"])
    monkeypatch.setattr(sys, "stdout", output)
    with output, pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    message = "ai4v: the output takes latin-1 alone: set PYTHONIOENCODING=utf-8\n"
    assert capsys.readouterr().err == message
