"""`ai4v converse`: speech in one language to speech in another, through the gateway."""

import base64
from typing import Final

import click

from ai4v.cli.client import find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.intake import read_sound
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.cli.speech import SpeechOrder, speech_options
from ai4v.cli.translation import WEAK, is_weak, list_doubts
from ai4v.contracts.asr import AsrAnswer, AsrTask
from ai4v.contracts.language import LANGUAGES, find_language
from ai4v.contracts.pipeline import PipelineAnswer, PipelineResult
from ai4v.contracts.tts import TtsAnswer
from ai4v.contracts.ulca import AUTO_LANGUAGE

_PATH: Final = "/api/v1/pipeline/inference"
_ENGLISH: Final = "en"


@examples(
    "ai4v converse question.ogg --from hi --to en -o answer.wav",
    "arecord -d 5 -f S16_LE -r 16000 | ai4v converse - --to ta | aplay",
)
@click.command()
@click.argument("file")
@click.option(
    "--from",
    "source",
    default=AUTO_LANGUAGE,
    show_default=True,
    help="Code of the language spoken (hi, ta ...), or auto.",
)
@click.option("--to", "target", required=True, help="Code of the language to be spoken.")
@click.option(
    "--transcript",
    "has_transcript",
    is_flag=True,
    help="To English too: write down what is heard, and translate that.",
)
@speech_options
@json_option
def converse(
    file: str,
    source: str,
    target: str,
    order: SpeechOrder,
    *,
    has_transcript: bool,
    as_json: bool,
) -> None:
    """Say in another language what is said in FILE (- reads a pipe).

    To English the speech engine translates by itself: a word misheard costs less of the meaning.
    What was heard and its translation are told on standard error. The sound goes to the file of
    -o, else to standard output, which must not be a terminal; with --json and no -o it is in the
    JSON, in base64. The key is AI4V_API_KEY, else that of the first start.
    """
    order.check(as_json=as_json)
    settings = Settings.load()
    key = find_api_key(settings)
    sound = base64.b64encode(read_sound(file).content).decode("ascii")
    body = {
        "pipelineTasks": _plan_tasks(source, target, order, has_transcript=has_transcript),
        "inputData": {"audio": [{"audioContent": sound}]},
    }
    with open_gateway(settings, key) as gateway:
        answer = gateway.work(_PATH, body, PipelineAnswer)
    done: dict[str, object] = {}
    for result in answer.pipeline_response:
        done |= _report(result, order, as_json=as_json)
    if as_json:
        print_json(done)


def _plan_tasks(
    source: str, target: str, order: SpeechOrder, *, has_transcript: bool
) -> list[dict[str, object]]:
    """Return what is to be done; between equal languages there is nothing to translate."""
    hearing: dict[str, object] = {"language": {"sourceLanguage": source}}
    asr: dict[str, object] = {"taskType": "asr", "config": hearing}
    languages = {"sourceLanguage": source, "targetLanguage": target}
    translation: dict[str, object] = {
        "taskType": "translation",
        "config": {"language": languages},
    }
    tts: dict[str, object] = {"taskType": "tts", "config": order.config(target)}
    known = find_language(source)
    wanted = find_language(target)
    if known is not None and known is wanted:
        return [asr, tts]
    if wanted is LANGUAGES[_ENGLISH] and not has_transcript:
        hearing["task"] = AsrTask.TRANSLATE
        return [asr, tts]
    return [asr, translation, tts]


def _report(result: PipelineResult, order: SpeechOrder, *, as_json: bool) -> dict[str, object]:
    """Tell what one task did, deliver its sound, and return it for the JSON."""
    if isinstance(result, TtsAnswer):
        return {"speech": order.deliver(result, as_json=as_json)}
    if isinstance(result, AsrAnswer):
        (heard,) = result.output
        if result.config.task is AsrTask.TRANSLATE:
            click.echo(f"heard in English ({heard.language}): {heard.source}", err=True)
        else:
            click.echo(f"heard ({heard.language}): {heard.source}", err=True)
        if not heard.is_script_right:
            click.echo("some of it is in a wrong script: do not rely on it", err=True)
        return {"heard": heard.model_dump(mode="json", by_alias=True, exclude_none=True)}
    (translated,) = result.output
    language = result.config.language.target_language
    click.echo(f"translated ({language}): {translated.target}", err=True)
    for doubt in (*list_doubts(translated), *([WEAK] if is_weak(translated) else [])):
        click.echo(doubt, err=True)
    return {"translation": translated.model_dump(mode="json", by_alias=True)}
