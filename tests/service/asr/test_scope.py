"""A key does what it is for, and a request that it is not for leaves no row."""

import pytest

from ai4v.contracts.identity import Scope
from ai4v.kit.identity import TOKEN_HEADER
from tests.service.asr.stage import Stage, body, speech, token


def _as_key(stage: Stage, **scope: object) -> dict[str, str]:
    scoped = stage.principal.model_copy(update={"scope": Scope.model_validate(scope)})
    return {TOKEN_HEADER: token(scoped)}


@pytest.mark.parametrize(
    ("scope", "config"),
    [
        ({"tasks": ["tts"]}, {}),
        ({"tasks": ["asr"]}, {"task": "translate"}),
        ({"languages": ["ta"]}, {}),
        ({"languages": ["hi"]}, {"task": "translate"}),
        ({"models": ["another"]}, {}),
    ],
)
async def test_a_key_that_is_for_something_else_is_refused(
    stage: Stage, scope: dict[str, object], config: dict[str, str]
) -> None:
    answer = await stage.infer(body(speech(), **config), **_as_key(stage, **scope))
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "this key is for these" in answer.json()["detail"]["message"]
    assert await stage.requests() == []
    assert stage.recognizer.calls == []


async def test_a_key_does_what_it_is_for(stage: Stage) -> None:
    model_id = stage.recognizer.info.model_id
    headers = _as_key(stage, tasks=["asr"], languages=["hi"], models=[model_id])
    answer = await stage.infer(body(speech()), **headers)
    assert answer.status_code == 200, answer.text


async def test_a_language_that_is_found_counts_too(stage: Stage) -> None:
    stage.recognizer.detected = "en"
    asked = body(speech(), language="auto")
    assert (await stage.infer(asked, **_as_key(stage, languages=["en"]))).status_code == 200
    answer = await stage.infer(asked, **_as_key(stage, languages=["hi"]))
    assert answer.status_code == 403
    assert "not en" in answer.json()["detail"]["message"]
    row = (await stage.requests())[-1]
    assert (row["status"], row["error_code"]) == ("failed", "AUTHORIZATION_ERROR")
