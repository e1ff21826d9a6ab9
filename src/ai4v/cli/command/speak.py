"""`ai4v speak`: text to sound, through the gateway."""

from typing import Final

import click

from ai4v.cli.client import find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.intake import read_text
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.cli.speech import SpeechOrder, speech_options
from ai4v.contracts.tts import TtsAnswer

_PATH: Final = "/api/v1/tts/inference"


@examples(
    'ai4v speak "नमस्ते, आप कैसे हैं?" --language hi -o namaste.wav',
    'echo "Good morning" | ai4v speak --language en --format mp3 > morning.mp3',
)
@click.command()
@click.argument("text", required=False)
@click.option("--language", required=True, help="Code of the text's language (hi, ta ...).")
@speech_options
@json_option
def speak(text: str | None, language: str, order: SpeechOrder, *, as_json: bool) -> None:
    """Say TEXT; without it, or with -, what standard input says.

    The sound goes to the file of -o, else to standard output, which must not be a terminal; with
    --json and no -o it is in the JSON, in base64. Up to 5,000 characters. The key is AI4V_API_KEY,
    else that of the first start.
    """
    order.check(as_json=as_json)
    settings = Settings.load()
    key = find_api_key(settings)
    body = {"input": [{"source": read_text(text)}], "config": order.config(language)}
    with open_gateway(settings, key) as gateway:
        answer = gateway.work(_PATH, body, TtsAnswer)
    done = order.deliver(answer, as_json=as_json)
    if as_json:
        print_json(done)
