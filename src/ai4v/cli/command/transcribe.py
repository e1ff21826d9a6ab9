"""`ai4v transcribe`: files to text, through the gateway."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ai4v.cli.client import Upload, find_api_key, open_gateway
from ai4v.cli.failure import CommandError
from ai4v.cli.output import format_json, json_option
from ai4v.cli.settings import Settings
from ai4v.contracts.asr import AsrAnswer, AsrOutput, AsrTask

_PATH = "/api/v1/asr/inference"
_STDIN = "-"
_FORMATS = {"text": "transcript", "srt": "srt", "webvtt": "webvtt"}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--language", required=True, help="Code of the language spoken (hi, ta ...), or auto."
)
@click.option(
    "--task",
    type=click.Choice([task.value for task in AsrTask]),
    default=AsrTask.TRANSCRIBE.value,
    show_default=True,
    help="Write it down, or say it in English.",
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(list(_FORMATS)),
    default="text",
    show_default=True,
    help="Text, or subtitles.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write here instead of printing."
)
@json_option
def transcribe(
    files: tuple[str, ...],
    language: str,
    task: str,
    layout: str,
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Turn the speech in each FILE into text; - reads standard input.

    Takes wav, flac, mp3 and ogg, up to 10 minutes each. The key is AI4V_API_KEY, else that of the
    first start.
    """
    settings = Settings.load()
    fields = {"language": language, "task": task, "format": _FORMATS[layout]}
    uploads = [_read(name) for name in files]
    answers = []
    with open_gateway(settings, find_api_key(settings)) as gateway:
        for upload in uploads:
            try:
                answers.append(gateway.upload(_PATH, upload, fields, AsrAnswer))
            except CommandError as error:
                raise CommandError(f"{upload.name}: {error.message}") from None
    outputs = [heard for answer in answers for heard in answer.output]
    for name, heard in zip(files, outputs, strict=True):
        _warn(name, heard)
    text = _as_json(files, outputs) if as_json else _as_text(files, outputs)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", "utf-8")


def _warn(name: str, heard: AsrOutput) -> None:
    if heard.is_silence:
        click.echo(f"{name}: nothing was said", err=True)
    elif not heard.is_script_right:
        click.echo(f"{name}: some of the text is in a wrong script: do not rely on it", err=True)


def _as_text(files: Sequence[str], outputs: Sequence[AsrOutput]) -> str:
    if len(files) == 1:
        return outputs[0].source.rstrip("\n")
    parts = (
        f"{name}:\n{heard.source.rstrip()}" for name, heard in zip(files, outputs, strict=True)
    )
    return "\n\n".join(parts)


def _as_json(files: Sequence[str], outputs: Sequence[AsrOutput]) -> str:
    return format_json(
        [
            {"file": name} | heard.model_dump(mode="json", by_alias=True, exclude_none=True)
            for name, heard in zip(files, outputs, strict=True)
        ]
    )


def _read(name: str) -> Upload:
    if name == _STDIN:
        if sys.stdin is None:
            raise CommandError("standard input is closed")
        return Upload("stdin", sys.stdin.buffer.read())
    try:
        return Upload(Path(name).name, Path(name).read_bytes())
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}") from None
