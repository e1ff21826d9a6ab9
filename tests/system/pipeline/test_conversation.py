"""Speech in one language becomes speech in another, through gateway and pipeline."""

import base64

import asyncpg
import httpx2
import pytest

from ai4v.contracts.identity import FirstRun
from tests.support.sound import encode, tone
from tests.support.system import NMT, Platform, start_workers

_TABLES = ("asr", "nmt", "tts")
_HINDI = {"sourceLanguage": "hi"}
_TRANSLATION = {
    "taskType": "translation",
    "config": {"language": {"sourceLanguage": "hi", "targetLanguage": "en"}},
}
_TASKS = [
    {"taskType": "asr", "config": {"language": _HINDI}},
    _TRANSLATION,
    {"taskType": "tts", "config": {"language": {"sourceLanguage": "en"}, "audioFormat": "wav"}},
]
_OWN = "/api/v1/pipeline/inference"
_ULCA = "/services/inference/pipeline"


@pytest.fixture
async def whole(platform: Platform) -> Platform:
    connection = await asyncpg.connect(platform.database_url.replace("+asyncpg", ""))
    for name in _TABLES:
        await connection.execute(f"TRUNCATE {name}.{name}_requests CASCADE")
    await connection.close()
    await start_workers(platform)
    return platform


def speech() -> list[dict[str, str]]:
    return [{"audioContent": base64.b64encode(encode(tone(2.0), 16_000)).decode()}]


async def run(
    whole: Platform, first_run: FirstRun, tasks: object, path: str = _OWN, **given: object
) -> httpx2.Response:
    body = {"pipelineTasks": tasks, "inputData": given}
    headers = {"authorization": first_run.api_key, "x-request-id": "one-call"}
    return await whole.client.post(path, json=body, headers=headers)


async def fetch_rows(whole: Platform) -> dict[str, list[tuple[str, str]]]:
    connection = await asyncpg.connect(whole.database_url.replace("+asyncpg", ""))
    try:
        return {
            name: [
                (row["request_id"], row["status"])
                for row in await connection.fetch(
                    f"SELECT request_id, status FROM {name}.{name}_requests"  # noqa: S608 - our names
                )
            ]
            for name in _TABLES
        }
    finally:
        await connection.close()


@pytest.mark.parametrize("path", [_OWN, _ULCA])
async def test_speech_becomes_speech_and_every_step_is_on_record(
    whole: Platform, first_run: FirstRun, path: str
) -> None:
    answer = await run(whole, first_run, _TASKS, path, audio=speech())
    assert answer.status_code == 200, answer.text
    heard, translated, spoken = answer.json()["pipelineResponse"]
    assert heard["output"][0]["source"] == translated["output"][0]["source"]
    assert translated["output"][0]["target"]
    content = base64.b64decode(spoken["audio"][0]["audioContent"], validate=True)
    assert content[:4] == b"RIFF"
    assert await fetch_rows(whole) == {key: [("one-call", "completed")] for key in _TABLES}


async def test_text_goes_through_two_tasks(whole: Platform, first_run: FirstRun) -> None:
    answer = await run(whole, first_run, _TASKS[1:], input=[{"source": "नमस्ते"}])
    assert answer.status_code == 200, answer.text
    assert [item["taskType"] for item in answer.json()["pipelineResponse"]] == [
        "translation",
        "tts",
    ]


async def test_silence_is_nothing_to_translate(whole: Platform, first_run: FirstRun) -> None:
    quiet = [{"audioContent": base64.b64encode(encode(0 * tone(2.0), 16_000)).decode()}]
    answer = await run(whole, first_run, _TASKS, audio=quiet)
    detail = answer.json()["detail"]
    assert (answer.status_code, detail["errors"][0]["path"]) == (422, "inputData.audio.0")
    assert "(translation)" in detail["message"]


async def test_bad_item_is_named_and_no_later_task_begins(
    whole: Platform, first_run: FirstRun
) -> None:
    audio = [*speech(), {"audioContent": base64.b64encode(b"noise").decode()}]
    answer = await run(whole, first_run, _TASKS, audio=audio)
    detail = answer.json()["detail"]
    assert (answer.status_code, detail["code"]) == (422, "INVALID_AUDIO")
    assert detail["errors"][0]["path"] == "inputData.audio.1.audioContent"
    rows = await fetch_rows(whole)
    assert rows == {"asr": [("one-call", "failed")], "nmt": [], "tts": []}


async def test_direction_that_there_is_not_lists_those_there_are(
    whole: Platform, first_run: FirstRun
) -> None:
    config = {"language": {"sourceLanguage": "hi", "targetLanguage": "sat"}}
    tasks = [_TASKS[0], {"taskType": "translation", "config": config}]
    answer = await run(whole, first_run, tasks, audio=speech())
    detail = answer.json()["detail"]
    assert (answer.status_code, detail["code"]) == (422, "LANGUAGE_NOT_SUPPORTED")
    assert "task 2 of 2 (translation)" in detail["message"]


async def test_service_that_is_gone_is_named(whole: Platform, first_run: FirstRun) -> None:
    whole.stop(NMT)
    answer = await run(whole, first_run, _TASKS, audio=speech())
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "(translation)" in answer.json()["detail"]["message"]


async def test_without_a_key_nothing_is_done(whole: Platform) -> None:
    body = {"pipelineTasks": _TASKS, "inputData": {"audio": speech()}}
    assert (await whole.client.post(_OWN, json=body)).status_code == 401
    assert await fetch_rows(whole) == {key: [] for key in _TABLES}
