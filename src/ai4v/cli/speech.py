"""How commands ask for speech, and where its sound goes: to a file, a pipe, or into JSON."""

import base64
import functools
import math
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from ai4v.cli.failure import CommandError
from ai4v.contracts.capability import Tier
from ai4v.contracts.tts import Gender, SpeechFormat, TtsAnswer, TtsAppliedConfig

_STDOUT: Final = Path("-")
_FORMATS: Final = tuple(layout.value for layout in SpeechFormat)


@dataclass(frozen=True, slots=True)
class Voicing:
    """Who is to speak, and how; what is None is left to the service."""

    voice: str | None = None
    gender: str | None = None
    speed: float | None = None
    rate_hz: int | None = None


@dataclass(frozen=True, slots=True)
class SpeechOrder:
    """Speech as it is asked for, and where its sound is to go."""

    voicing: Voicing
    audio_format: str
    output: Path | None
    """None: to standard output, or into the JSON."""

    def check(self, *, as_json: bool) -> None:
        """Return when the sound can be put where it is to go.

        Raises:
            CommandError: it cannot; the message says what to do.
        """
        if self.output is not None:
            _check_place(self.output)
        elif not as_json and sys.stdout is not None and sys.stdout.isatty():
            raise CommandError("sound is not written to a terminal: name a file with -o")

    def config(self, language: str) -> dict[str, object]:
        """Return the `config` of a request for speech in that language."""
        wishes = {
            "supportedVoice": self.voicing.voice,
            "gender": self.voicing.gender,
            "speed": self.voicing.speed,
            "samplingRate": self.voicing.rate_hz,
        }
        config: dict[str, object] = {
            "language": {"sourceLanguage": language},
            "audioFormat": self.audio_format,
        }
        return config | {name: value for name, value in wishes.items() if value is not None}

    def deliver(self, answer: TtsAnswer, *, as_json: bool) -> dict[str, object]:
        """Put the sound where it is to go; return what was done, with the sound if nowhere else.

        Raises:
            CommandError: it cannot be written.
        """
        (audio,) = answer.audio
        _tell(answer.config)
        done = answer.config.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.output is None and as_json:
            return done | {"audioContent": audio.audio_content}
        content = base64.b64decode(audio.audio_content)
        if self.output is None:
            _write_stdout(content)
            return done
        write_whole(self.output, content)
        return done | {"file": str(self.output)}


def speech_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that ask for speech; the command gets them as `order`, a `SpeechOrder`."""

    @functools.wraps(command)
    def gather(
        output: Path | None,
        layout: str | None,
        voice: str | None,
        gender: str | None,
        speed: float | None,
        rate: int | None,
        **others: object,
    ) -> None:
        voicing = Voicing(voice, gender, speed, rate)
        output = None if output == _STDOUT else output
        command(order=SpeechOrder(voicing, _choose_format(layout, output), output), **others)

    for option in reversed(_OPTIONS):
        option(gather)
    return gather


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a pipe or device is written to as it is.

    Raises:
        CommandError: it cannot be written; what was there is as it was.
    """
    target = path.resolve()
    draft = target.with_name(f".ai4v-{secrets.token_hex(8)}")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        draft.write_bytes(content)
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _check_place(path: Path) -> None:
    folder = path.resolve().parent
    if not folder.is_dir():
        raise CommandError(f"there is no folder {path.parent}: make it first")
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name a file in it")
    is_special = path.exists() and not path.is_file()
    if not os.access(path if is_special else folder, os.W_OK):
        raise CommandError(f"{path} cannot be written: no permission")


def _choose_format(given: str | None, output: Path | None) -> str:
    if given is not None or output is None:
        return given or SpeechFormat.WAV.value
    ending = output.suffix.lower().removeprefix(".")
    if ending not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise CommandError(f"the ending of {output} is none of {known}: name one with --format")
    return ending


def _write_stdout(content: bytes) -> None:
    if sys.stdout is None:
        raise CommandError("standard output is closed: name a file with -o")
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _tell(config: TtsAppliedConfig) -> None:
    """Say what to know about the voice before relying on it."""
    if config.tier is not Tier.NEURAL:
        note = f": {config.note}" if config.note else ""
        click.echo(f"voice {config.voice_id}, {config.tier.value}{note}", err=True)


def _check_speed(_ctx: click.Context, _param: click.Parameter, speed: float | None) -> float | None:
    """Refuse what is no number, which is neither below nor above any range."""
    if speed is not None and math.isnan(speed):
        raise click.BadParameter("it is not a number.")
    return speed


_OPTIONS: Final = (
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the sound here, whole or not at all; without it, to standard output.",
    ),
    click.option(
        "--format",
        "layout",
        type=click.Choice(_FORMATS),
        help="What the sound is packed as; else the ending of FILE says, else wav.",
    ),
    click.option("--voice", help="Who speaks; ai4v voices lists them."),
    click.option(
        "--gender",
        type=click.Choice([gender.value for gender in Gender]),
        help="Of the voice, where the language has both.",
    ),
    click.option(
        "--speed",
        type=click.FloatRange(0.5, 2),
        callback=_check_speed,
        help="1 is the voice's own, 2 twice as fast.",
    ),
    click.option(
        "--rate",
        type=click.IntRange(8_000, 48_000),
        metavar="HZ",
        help="Sampling rate; else the voice's own.",
    ),
)
