"""A key does what it is for, and a request that it is not for leaves no row."""

import pytest

from ai4v.contracts.identity import Scope
from ai4v.kit.identity import TOKEN_HEADER
from tests.service.nmt.stage import Stage, body, token


def _as_key(stage: Stage, **scope: object) -> dict[str, str]:
    scoped = stage.principal.model_copy(update={"scope": Scope.model_validate(scope)})
    return {TOKEN_HEADER: token(scoped)}


@pytest.mark.parametrize(
    ("scope", "source"),
    [
        ({"tasks": ["txt-lang-detection"]}, "en"),
        ({"languages": ["en"]}, "en"),
        ({"languages": ["hi"]}, "en"),
        ({"languages": ["hi"]}, "auto"),
        ({"models": ["another"]}, "en"),
    ],
)
async def test_a_key_that_is_for_something_else_is_refused(
    stage: Stage, scope: dict[str, object], source: str
) -> None:
    answer = await stage.infer(body("hello", source=source), **_as_key(stage, **scope))
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "this key is for these" in answer.json()["detail"]["message"]
    assert await stage.requests() == []
    assert stage.translator.calls == []


@pytest.mark.parametrize("source", ["en", "auto"])
async def test_a_key_does_what_it_is_for(stage: Stage, source: str) -> None:
    model_id = stage.translator.info.model_id
    headers = _as_key(stage, tasks=["translation"], languages=["en", "hi"], models=[model_id])
    answer = await stage.infer(body("hello", source=source), **headers)
    assert answer.status_code == 200, answer.text


async def test_finding_languages_is_a_task_of_its_own(stage: Stage) -> None:
    asked = {"input": [{"source": "hello"}]}
    for task, status in (("translation", 403), ("txt-lang-detection", 200)):
        headers = _as_key(stage, tasks=[task])
        answer = await stage.client.post("/api/v1/nmt/detect", json=asked, headers=headers)
        assert answer.status_code == status
