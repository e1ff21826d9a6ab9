import sys

import click
import pytest

from ai4v.cli.command.detect import detect
from ai4v.cli.command.transcribe import transcribe
from ai4v.cli.command.translate import translate
from ai4v.cli.command.voice import voices
from ai4v.cli.failure import CommandError


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (detect, ["hello"]),
        (transcribe, [__file__, "--language", "hi"]),
        (translate, ["hello", "--to", "hi"]),
        (voices, []),
    ],
)
def test_what_nobody_gets_is_not_asked_for(
    command: click.Command, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(CommandError, match="standard output is closed"):
        command.main(arguments, standalone_mode=False)
