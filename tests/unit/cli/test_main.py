import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ai4v.cli.failure import CommandError
from ai4v.cli.main import describe_fault, main, root

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
            "ai4v: {model_dir}/.part: Not a directory; choose another AI4V_MODEL_DIR\n",
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


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied", "/data/run"),
            "/data/run: Permission denied; run this as its owner, or choose another AI4V_DATA_DIR",
        ),
        (
            NotADirectoryError(20, "Not a directory", "/data/tls"),
            "/data/tls: Not a directory; choose another AI4V_DATA_DIR",
        ),
        (PermissionError(13, "Permission denied", "/x.wav"), "/x.wav: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_fault_of_the_data_folder_says_what_to_do(
    error: OSError, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI4V_DATA_DIR", "/data")
    assert describe_fault(error) == message


@pytest.mark.parametrize("command", ["doctor", "voices", "keys list", "login --username a", "up"])
def test_a_shift_that_leaves_no_port_is_refused(command: str, tmp_path: Path) -> None:
    environment = {"AI4V_DATA_DIR": str(tmp_path), "AI4V_PORT_SHIFT": "70000"}
    environment |= {"AI4V_API_KEY": "key", "AI4V_ADMIN_PASSWORD": "password"}
    result = CliRunner(env=environment).invoke(root, command.split(), input="x\n")
    assert isinstance(result.exception, CommandError)
    assert "the port of gateway leaves 1 to 65535" in result.exception.message


@pytest.mark.parametrize("command", ["status", "restart"])
def test_who_needs_a_platform_that_is_stopped_is_told_how_to_start_it(
    command: str, tmp_path: Path
) -> None:
    result = CliRunner(env={"AI4V_DATA_DIR": str(tmp_path)}).invoke(root, [command])
    assert str(result.exception) == f"the platform on {tmp_path} is stopped; to start it: ai4v up"
