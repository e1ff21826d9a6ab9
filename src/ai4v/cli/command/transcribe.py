"""`ai4v transcribe`: files to text, through the gateway."""

from collections.abc import Sequence
from pathlib import Path

import click

from ai4v.cli.client import Gateway, Upload, find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.intake import read_sound
from ai4v.cli.output import format_json, json_option, require_stdout
from ai4v.cli.settings import Settings
from ai4v.contracts.asr import AsrAnswer, AsrOutput, AsrTask

_PATH = "/api/v1/asr/inference"
_Result = tuple[str, AsrOutput | CommandError]
"""A file's name, and what was heard in it or why nothing was."""
_FORMATS = {"text": "transcript", "srt": "srt", "webvtt": "webvtt"}


@examples(
    "ai4v transcribe speech.ogg --language hi",
    "ai4v transcribe film.mp3 --language auto --format srt -o film.srt",
    "arecord -d 5 -f S16_LE -r 16000 | ai4v transcribe - --language hi",
)
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
    first start. A file that cannot be transcribed is named, the others are done all the same.
    """
    require_stdout()
    settings = Settings.load()
    fields = {"language": language, "task": task, "format": _FORMATS[layout]}
    uploads = [(name, _read(name)) for name in files]
    heard: list[_Result] = []
    with open_gateway(settings, find_api_key(settings)) as gateway:
        for name, upload in uploads:
            result = _hear(gateway, upload, fields)
            _warn(name, result)
            heard.append((name, result))
    text = _as_json(heard) if as_json else _as_text(heard)
    if text and output is not None:
        output.write_text(text + "\n", "utf-8")
    elif text:
        click.echo(text)
    if any(isinstance(result, CommandError) for _, result in heard):
        raise SystemExit(1)


def _hear(
    gateway: Gateway, upload: Upload | CommandError, fields: dict[str, str]
) -> AsrOutput | CommandError:
    """Return what is heard, or why nothing is."""
    if isinstance(upload, CommandError):
        return upload
    try:
        (item,) = gateway.upload(_PATH, upload, fields, AsrAnswer).output
    except CommandError as error:
        return error
    return item


def _warn(name: str, heard: AsrOutput | CommandError) -> None:
    if isinstance(heard, CommandError):
        click.echo(f"ai4v: {name}: {heard.message}", err=True)
    elif heard.is_silence:
        click.echo(f"{name}: nothing was said", err=True)
    elif not heard.is_script_right:
        click.echo(f"{name}: some of the text is in a wrong script: do not rely on it", err=True)


def _as_text(heard: Sequence[_Result]) -> str:
    texts = [(name, item.source.rstrip()) for name, item in heard if isinstance(item, AsrOutput)]
    if len(heard) == 1:
        return "".join(text for _, text in texts)
    return "\n\n".join(f"{name}:\n{text}" for name, text in texts)


def _as_json(heard: Sequence[_Result]) -> str:
    return format_json(
        [
            {"file": name, "error": result.message}
            if isinstance(result, CommandError)
            else {"file": name} | result.model_dump(mode="json", by_alias=True, exclude_none=True)
            for name, result in heard
        ]
    )


def _read(name: str) -> Upload | CommandError:
    try:
        return read_sound(name)
    except OSError as error:
        return CommandError(f"cannot be read: {error.strerror}")
