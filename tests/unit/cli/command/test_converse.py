import base64
import json
from pathlib import Path

import pytest

from ai4v.contracts.asr import (
    AsrAnswer,
    AsrAppliedConfig,
    AsrLanguage,
    AsrOutput,
    AsrTask,
    TranscriptLayout,
)
from ai4v.contracts.capability import Tier
from ai4v.contracts.nmt import NmtAnswer, NmtAppliedConfig, NmtLanguage, NmtOutput
from ai4v.contracts.pipeline import PipelineAnswer
from ai4v.contracts.tts import SpeechFormat, TtsAnswer, TtsAppliedConfig, TtsAudio, TtsLanguage
from tests.support.gateway import FakeGateway, refuse

HEARD = AsrAnswer(
    output=(
        AsrOutput(
            source="नमस्ते",
            language="hi",
            script="Deva",
            is_script_right=False,
            is_silence=False,
            duration_s=1.0,
            segments=(),
        ),
    ),
    config=AsrAppliedConfig(
        service_id="whisper-base",
        language=AsrLanguage(source_language="hi"),
        task=AsrTask.TRANSCRIBE,
        transcription_format=TranscriptLayout(),
        sampling_rate=16_000,
        pre_processors=(),
        post_processors=(),
        not_applied=(),
        data_tracking=False,
    ),
)
TRANSLATED = NmtAnswer(
    output=(
        NmtOutput(
            source="नमस्ते",
            target="Hello",
            source_language="hi",
            tier=Tier.DEMO,
            is_script_right=True,
        ),
    ),
    config=NmtAppliedConfig(
        service_id="gemma",
        language=NmtLanguage(source_language="hi", target_language="en"),
        not_applied=(),
        data_tracking=False,
    ),
)
SPOKEN = TtsAnswer(
    audio=(TtsAudio(audio_content=base64.b64encode(b"the sound").decode(), audio_duration=1.5),),
    config=TtsAppliedConfig(
        service_id="kokoro-82m",
        voice_id="af_heart",
        tier=Tier.NEURAL,
        language=TtsLanguage(source_language="en"),
        audio_format=SpeechFormat.WAV,
        sampling_rate=24_000,
        audio_duration=1.5,
        speed=1.0,
        not_applied=(),
        data_tracking=False,
    ),
)
ALL = PipelineAnswer(pipeline_response=(HEARD, TRANSLATED, SPOKEN))


@pytest.fixture
def speech(tmp_path: Path) -> str:
    path = tmp_path / "in.ogg"
    path.write_bytes(b"OggS")
    return str(path)


def test_three_tasks_are_asked_for(speech: str, tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: ALL)
    output = tmp_path / "out.mp3"
    languages = ("--from", "hi", "--to", "en", "--transcript")
    options = (*languages, "-o", str(output), "--gender", "male")
    result = gateway.run("converse", speech, *options)
    assert result.exit_code == 0
    assert gateway.bodies == [
        {
            "pipelineTasks": [
                {"taskType": "asr", "config": {"language": {"sourceLanguage": "hi"}}},
                {
                    "taskType": "translation",
                    "config": {"language": {"sourceLanguage": "hi", "targetLanguage": "en"}},
                },
                {
                    "taskType": "tts",
                    "config": {
                        "language": {"sourceLanguage": "en"},
                        "audioFormat": "mp3",
                        "gender": "male",
                    },
                },
            ],
            "inputData": {"audio": [{"audioContent": base64.b64encode(b"OggS").decode()}]},
        }
    ]
    (request,) = gateway.requests
    assert request.url.path == "/api/v1/pipeline/inference"
    assert request.headers["x-request-timeout-ms"] == "300000"
    assert output.read_bytes() == b"the sound"


def test_what_was_heard_and_translated_is_told_beside_the_sound() -> None:
    gateway = FakeGateway(lambda _body: ALL)
    result = gateway.run("converse", "-", "--to", "en", stdin=b"OggS")
    assert result.stdout_bytes == b"the sound"
    assert result.stderr.split("\n") == [
        "heard (hi): नमस्ते",
        "some of it is in a wrong script: do not rely on it",
        "translated (en): Hello",
        "demo tier: the model is weak in this direction: do not rely on it",
        "",
    ]


def test_english_is_made_of_the_sound_itself(speech: str) -> None:
    translated = HEARD.config.model_copy(update={"task": AsrTask.TRANSLATE})
    said = HEARD.output[0].model_copy(update={"source": "Hello", "is_script_right": True})
    heard = HEARD.model_copy(update={"output": (said,), "config": translated})
    gateway = FakeGateway(lambda _body: PipelineAnswer(pipeline_response=(heard, SPOKEN)))
    result = gateway.run("converse", speech, "--from", "hi", "--to", "en")
    tasks = gateway.bodies[0]["pipelineTasks"]
    assert isinstance(tasks, list)
    assert [task["taskType"] for task in tasks] == ["asr", "tts"]
    assert tasks[0]["config"]["task"] == "translate"
    assert result.stderr == "heard in English (hi): Hello\n"


@pytest.mark.parametrize(("source", "target"), [("hi", "hi"), ("gom", "kok")])
def test_equal_languages_need_no_translation(source: str, target: str, speech: str) -> None:
    gateway = FakeGateway(lambda _body: PipelineAnswer(pipeline_response=(HEARD, SPOKEN)))
    gateway.run("converse", speech, "--from", source, "--to", target)
    tasks = gateway.bodies[0]["pipelineTasks"]
    assert isinstance(tasks, list)
    assert [task["taskType"] for task in tasks] == ["asr", "tts"]


def test_json_has_every_task(speech: str) -> None:
    result = FakeGateway(lambda _body: ALL).run("converse", speech, "--to", "en", "--json")
    done = json.loads(result.stdout)
    assert done["heard"]["source"] == "नमस्ते"
    assert done["translation"]["target"] == "Hello"
    assert base64.b64decode(done["speech"]["audioContent"]) == b"the sound"


def test_failing_task_names_itself_and_nothing_is_written(speech: str, tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: refuse(422, "task 3 of 3 (tts): no such voice"))
    output = tmp_path / "out.wav"
    told = gateway.fail("converse", speech, "--to", "en", "-o", str(output))
    assert told.startswith("task 3 of 3 (tts): no such voice")
    assert not output.exists()


def test_place_and_file_are_looked_at_before_anything_is_asked(tmp_path: Path) -> None:
    gateway = FakeGateway(lambda _body: ALL)
    told = gateway.fail("converse", "x", "--to", "en", "-o", str(tmp_path / "none/out.wav"))
    assert told == f"there is no folder {tmp_path}/none: make it first"
    result = gateway.run("converse", str(tmp_path / "none.ogg"), "--to", "en")
    assert isinstance(result.exception, FileNotFoundError)
    assert gateway.requests == []
