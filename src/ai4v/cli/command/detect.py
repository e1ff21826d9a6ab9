"""`ai4v detect`: which language a text is in, through the gateway."""

import click

from ai4v.cli.client import find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.intake import read_text
from ai4v.cli.output import json_option, print_json, require_stdout
from ai4v.cli.settings import Settings
from ai4v.contracts.language import find_language
from ai4v.contracts.nmt import DetectAnswer


@examples(
    'ai4v detect "இன்று வானிலை நன்றாக இருக்கிறது"',
    "ai4v detect < letter.txt",
)
@click.command()
@click.argument("text", required=False)
@json_option
def detect(text: str | None, *, as_json: bool) -> None:
    """Say which language TEXT is in, likeliest first.

    Without it, or with -, standard input is looked at. Each line is a code, a script, a score
    from 0 to 1 and the name.
    """
    require_stdout()
    settings = Settings.load()
    key = find_api_key(settings)
    body = {"input": [{"source": read_text(text)}]}
    with open_gateway(settings, key) as gateway:
        (found,) = gateway.work("/api/v1/nmt/detect", body, DetectAnswer).output
    guesses = found.lang_prediction
    if as_json:
        print_json([guess.model_dump(mode="json", by_alias=True) for guess in guesses])
        return
    if not guesses:
        click.echo("no language: there are no letters of a script that is known", err=True)
    for guess in guesses:
        language = find_language(guess.lang_code)
        name = language.name if language else ""
        click.echo(f"{guess.lang_code:<4}{guess.script_code:<5}{guess.lang_score:.2f}  {name}")
