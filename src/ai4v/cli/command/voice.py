"""`ai4v voices`: who there is to speak."""

import click
from pydantic import BaseModel

from ai4v.cli.client import find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.output import json_option, print_json, print_table, require_stdout
from ai4v.cli.settings import Settings


class Voice(BaseModel, extra="allow"):
    """One voice, as the speech service lists it."""

    voice_id: str
    languages: tuple[str, ...]
    approximates: tuple[str, ...] = ()
    gender: str
    engine: str
    tier: str


class VoiceList(BaseModel):
    """The voices that may be asked for."""

    voices: tuple[Voice, ...]


@examples(
    "ai4v voices",
    "ai4v voices --language ta",
)
@click.command()
@click.option("--language", help="Only those that speak this language, their own or not.")
@json_option
def voices(language: str | None, *, as_json: bool) -> None:
    """List the voices of `ai4v speak --voice`, and how good they are."""
    require_stdout()
    settings = Settings.load()
    query = {"language": language} if language else None
    with open_gateway(settings, find_api_key(settings)) as gateway:
        listed = gateway.ask("GET", "/api/v1/tts/voices", VoiceList, query=query).voices
    if as_json:
        print_json([voice.model_dump(mode="json") for voice in listed])
        return
    print_table(
        ("voice", "languages", "stands in for", "gender", "engine", "tier"),
        [
            (
                voice.voice_id,
                " ".join(voice.languages),
                " ".join(voice.approximates),
                voice.gender,
                voice.engine,
                voice.tier,
            )
            for voice in listed
        ],
    )
