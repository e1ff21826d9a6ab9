"""What a caller may not have done is refused before the first task is begun."""

from collections.abc import AsyncIterator

import pytest

from ai4v.contracts.identity import Principal, Scope
from ai4v.contracts.permission import Permission
from ai4v.kit.identity import TOKEN_HEADER
from tests.service.pipeline.stage import CALLS, Stage, open_stage, token

_TASKS = [
    {"taskType": "asr", "config": {"language": {"sourceLanguage": "hi"}}},
    {
        "taskType": "translation",
        "config": {"language": {"sourceLanguage": "hi", "targetLanguage": "en"}},
    },
    {"taskType": "tts", "config": {"language": {"sourceLanguage": "en"}}},
]
_BODY = {"pipelineTasks": _TASKS, "inputData": {"audio": [{"audioContent": "AAAA"}]}}
_TO_ENGLISH = {"language": {"sourceLanguage": "hi"}, "task": "translate"}
_TO_TEXT = {**_BODY, "pipelineTasks": [{"taskType": "asr", "config": _TO_ENGLISH}]}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


async def _ask(stage: Stage, body: object, **changes: object) -> tuple[int, str]:
    principal = Principal.model_validate({**stage.principal.model_dump(), **changes})
    answer = await stage.run(body, **{TOKEN_HEADER: token(principal)})
    return answer.status_code, answer.text


@pytest.mark.parametrize("missing", [Permission.ASR_USE, Permission.NMT_USE, Permission.TTS_USE])
async def test_each_task_needs_its_permission(stage: Stage, missing: Permission) -> None:
    permissions = stage.principal.permissions - {missing}
    status, text = await _ask(stage, _BODY, permissions=permissions)
    assert (status, missing in text) == (403, True)
    assert all(stage.workers[name].bodies == [] for name in CALLS)


@pytest.mark.parametrize(
    ("scope", "body", "status"),
    [
        (Scope(tasks=("asr", "translation")), _BODY, 403),
        (Scope(languages=("hi",)), _BODY, 403),
        (Scope(tasks=("asr",)), _TO_TEXT, 403),
        (Scope(languages=("hi",)), _TO_TEXT, 403),
        (Scope(tasks=("asr", "translation", "tts"), languages=("hi", "en")), _BODY, 200),
    ],
)
async def test_each_task_is_within_what_the_key_is_for(
    stage: Stage, scope: Scope, body: object, status: int
) -> None:
    assert (await _ask(stage, body, scope=scope))[0] == status
    assert all((stage.workers[name].bodies == []) == (status == 403) for name in CALLS)
