"""A key does what it is for, and a request that it is not for leaves no row."""

import pytest

from ai4v.contracts.identity import Scope
from ai4v.kit.identity import TOKEN_HEADER
from tests.service.tts.stage import NEURAL, STREAM, Stage, body, token

_HELLO = "नमस्ते"


def _as_key(stage: Stage, **scope: object) -> dict[str, str]:
    scoped = stage.principal.model_copy(update={"scope": Scope.model_validate(scope)})
    return {TOKEN_HEADER: token(scoped)}


@pytest.mark.parametrize(
    "scope", [{"tasks": ["asr"]}, {"languages": ["ta"]}, {"models": ["another"]}]
)
async def test_a_key_that_is_for_something_else_is_refused(
    stage: Stage, scope: dict[str, object]
) -> None:
    headers = _as_key(stage, **scope)
    streamed = await stage.client.post(STREAM, json=body(_HELLO), headers=headers)
    for answer in (await stage.infer(body(_HELLO), **headers), streamed):
        assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "AUTHORIZATION_ERROR")
        assert "this key is for these" in answer.json()["detail"]["message"]
    assert await stage.requests() == []
    assert stage.calls == []


async def test_a_key_does_what_it_is_for(stage: Stage) -> None:
    headers = _as_key(stage, tasks=["tts"], languages=["hi"], models=[NEURAL.model_id])
    answer = await stage.infer(body(_HELLO), **headers)
    assert answer.status_code == 200, answer.text
