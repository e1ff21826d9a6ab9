"""What a caller does wrong is told to them, and nothing is half done."""

import httpx2
import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.kit.model import ModelMissingError
from ai4v.services.nmt.alias import ALIASES
from tests.service.nmt.stage import (
    DETECT,
    INFER,
    MODEL_ID,
    ULCA,
    ScriptedTranslator,
    Stage,
    body,
    make_principal,
    make_settings,
    open_stage,
    token,
)

_LANGUAGE = {"language": {"sourceLanguage": "en", "targetLanguage": "hi"}}


def _detail(response: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status, response.text
    detail: dict[str, object] = response.json()["detail"]
    assert detail["code"] == code
    assert detail["requestId"]
    return detail


def _paths(response: httpx2.Response) -> list[str]:
    return [error["path"] for error in response.json()["detail"]["errors"]]


async def _assert_nothing_recorded(stage: Stage) -> None:
    assert await stage.requests() == []
    assert stage.translator.calls == []


@pytest.mark.parametrize("content", [b"", b"{", b"input=1", b'{"input": \xff}'])
async def test_broken_json(stage: Stage, content: bytes) -> None:
    _detail(await stage.client.post(INFER, content=content), 400, "INVALID_JSON")
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", [INFER, ULCA, DETECT])
async def test_other_content_type(stage: Stage, path: str, media: str) -> None:
    response = await stage.client.post(path, content=b"x", headers={"content-type": media})
    _detail(response, 415, "UNSUPPORTED_MEDIA")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": [{}]}, "input.0.source"),
        ({"input": [{"source": 5}]}, "input.0.source"),
        ({"input": [{"source": "a"}, {"source": None}]}, "input.1.source"),
        ({"input": [{"source": "a", "target": "b"}]}, "input.0.target"),
        ({"config": {}}, "config.language"),
        ({"config": {"language": {"sourceLanguage": "en"}}}, "config.language.targetLanguage"),
        ({"config": {"language": {"targetLanguage": "en"}}}, "config.language.sourceLanguage"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_wrong_field_is_named(stage: Stage, change: dict[str, object], path: str) -> None:
    response = await stage.infer({**body("hello"), **change})
    _detail(response, 422, "VALIDATION_ERROR")
    assert path in _paths(response)
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("name", "value"),
    [("surprise", 1), ("glossary", "x"), ("gender", "f" * 17), ("serviceId", "no/such")],
)
async def test_wrong_config_is_named(stage: Stage, name: str, value: object) -> None:
    response = await stage.infer({**body("hello"), "config": {**_LANGUAGE, name: value}})
    _detail(response, 422, "VALIDATION_ERROR")
    assert any(path.startswith(f"config.{name}") for path in _paths(response))
    await _assert_nothing_recorded(stage)


async def test_ninety_one_texts(stage: Stage) -> None:
    for path in (INFER, ULCA, DETECT):
        asked = body(*["a"] * 91)
        response = await stage.client.post(
            path, json=asked if path != DETECT else {"input": asked["input"]}
        )
        _detail(response, 422, "VALIDATION_ERROR")
        assert _paths(response) == ["input"]
    await _assert_nothing_recorded(stage)


async def test_fewer_texts_where_the_operator_says_so(nmt_url: str) -> None:
    async with open_stage(make_settings(nmt_url, max_items=2)) as stage:
        response = await stage.infer(body("a", "b", "c"))
        detail = _detail(response, 422, "VALIDATION_ERROR")
        assert "at most 2 texts" in str(detail["message"])
        assert _paths(response) == ["input"]


@pytest.mark.parametrize("bad", ["", " \n\t", "a\0b", "a\ue000b", "\x1b[31m", "\u200b"], ids=ascii)
@pytest.mark.parametrize("path", [INFER, ULCA, DETECT])
async def test_bad_text_of_three_names_its_index(stage: Stage, path: str, bad: str) -> None:
    asked = body("good", bad, "good")
    response = await stage.client.post(
        path, json=asked if path != DETECT else {"input": asked["input"]}
    )
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["input.1.source"]
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize("length", [10_001, 100_000])
async def test_too_long_text_says_what_to_do(stage: Stage, length: int) -> None:
    response = await stage.infer(body("good", "a" * length, "good"))
    detail = _detail(response, 413, "PAYLOAD_TOO_LARGE")
    assert "10000 characters" in str(detail["message"])
    assert "split" in str(detail["message"])
    assert _paths(response) == ["input.1.source"]
    await _assert_nothing_recorded(stage)


async def test_too_much_text_in_all(stage: Stage) -> None:
    response = await stage.infer(body(*["a" * 10_000] * 5, "b"))
    detail = _detail(response, 413, "PAYLOAD_TOO_LARGE")
    assert "50000 characters in all" in str(detail["message"])
    await _assert_nothing_recorded(stage)


async def test_too_large_body(nmt_url: str) -> None:
    async with open_stage(make_settings(nmt_url, max_body_bytes=1_000)) as stage:
        _detail(await stage.infer(body("a" * 1_000)), 413, "PAYLOAD_TOO_LARGE")


async def test_unknown_service_id_lists_what_there_is(stage: Stage) -> None:
    detail = _detail(await stage.infer(body("a", serviceId="x")), 422, "VALIDATION_ERROR")
    assert all(name in str(detail["message"]) for name in (MODEL_ID, *ALIASES))


@pytest.mark.parametrize("code", ["xx", "fr", "sat", "ur", "AUTO"])
async def test_source_that_leads_nowhere_lists_those_that_do(stage: Stage, code: str) -> None:
    response = await stage.infer(body("a", source=code))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert _paths(response) == ["config.language.sourceLanguage"]
    assert "bn, en, hi, mr, ta, te" in str(detail["message"])
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("source", "target", "possible"),
    [
        ("en", "ta", "bn, hi"),
        ("en", "xx", "bn, hi"),
        ("ta", "te", "bn, en, hi"),
        ("auto", "ta", "bn, en, hi"),
        ("auto", "auto", "bn, en, hi"),
        ("hi", "auto", "bn, en"),
    ],
)
async def test_target_that_is_not_reached_lists_those_that_are(
    stage: Stage, source: str, target: str, possible: str
) -> None:
    response = await stage.infer(body("a", source=source, target=target))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert _paths(response) == ["config.language.targetLanguage"]
    assert str(detail["message"]).endswith(f"possible: {possible}")
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize("bad", ["ᱱᱚᱶᱟ", "12345", "سلام"])
async def test_auto_that_finds_no_way_names_the_text(stage: Stage, bad: str) -> None:
    response = await stage.infer(body("good", bad, "good", source="auto"))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert _paths(response) == ["input.1.source"]
    assert "say which language it is in" in str(detail["message"])
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("source", "target", "name", "script"),
    [
        ("en", "hi", "sourceScriptCode", "Deva"),
        ("en", "hi", "targetScriptCode", "Latn"),
        ("sd", "sd", "targetScriptCode", "Deva"),
        ("auto", "hi", "sourceScriptCode", "Latn"),
    ],
)
async def test_other_script(stage: Stage, source: str, target: str, name: str, script: str) -> None:
    asked = body("a")
    language = {"sourceLanguage": source, "targetLanguage": target, name: script}
    asked["config"] = {"language": language}
    response = await stage.infer(asked)
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == [f"config.language.{name}"]


async def test_own_scripts_may_be_named(stage: Stage) -> None:
    asked = body("a")
    asked["config"] = {
        "language": {
            "sourceLanguage": "en",
            "targetLanguage": "hi",
            "sourceScriptCode": "Latn",
            "targetScriptCode": "Deva",
        }
    }
    assert (await stage.infer(asked)).status_code == 200


async def test_text_of_which_nothing_came_names_its_index(stage: Stage) -> None:
    stage.translator.is_mute = True
    response = await stage.infer(body("12", "hello"))
    _detail(response, 502, "UPSTREAM_ERROR")
    assert _paths(response) == ["input.1.source"]
    (row,) = await stage.requests()
    assert (row["status"], row["error_code"]) == ("failed", "UPSTREAM_ERROR")
    assert await stage.results(row["id"]) == []


async def test_path_and_method(stage: Stage) -> None:
    _detail(await stage.client.get("/api/v1/nmt/nothing"), 404, "NOT_FOUND")
    _detail(await stage.client.get(INFER), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", [INFER, ULCA, DETECT])
async def test_nobody_is_let_in_but_through_the_gateway(stage: Stage, path: str) -> None:
    forged = {TOKEN_HEADER: "x.y.z", "x-user-id": "1"}
    other = {TOKEN_HEADER: token(make_principal(), audience="tts")}
    service = {TOKEN_HEADER: token(None)}
    for headers in (forged, other, service):
        response = await stage.client.post(path, json=body("hello"), headers=headers)
        _detail(response, 401, "AUTHENTICATION_ERROR")
    await _assert_nothing_recorded(stage)


async def test_errors_never_repeat_content(stage: Stage) -> None:
    canary = "CANARY-" * 20
    stage.translator.is_mute = True
    for asked in (
        body("hello", canary=canary),
        body(canary, source=canary[:16]),
        body(canary, target=canary[:16]),
        body(f"{canary}\0"),
        body(canary),
        {**body("a"), "input": [{"source": {"deep": canary}}]},
    ):
        response = await stage.infer(asked)
        assert response.status_code >= 400
        assert "CANARY" not in response.text


async def test_engine_that_is_not_there_says_how_to_get_it(nmt_url: str) -> None:
    translator = ScriptedTranslator()
    translator.load_failure = ModelMissingError("the model is missing: run ai4v models pull")
    async with open_stage(make_settings(nmt_url), translator) as stage:
        response = await stage.infer(body("hello"))
        detail = _detail(response, 503, "SERVICE_UNAVAILABLE")
        assert "ai4v models pull" in str(detail["message"])
        assert int(response.headers["retry-after"]) >= 1
        await _assert_nothing_recorded(stage)
        health = await stage.client.get("/api/v1/nmt/health")
        assert health.status_code == 503
        assert health.json()["components"]["engine"] == "unhealthy"
        assert health.json()["components"]["postgres"] == "healthy"
        assert (await stage.client.get("/api/v1/nmt/health/ready")).status_code == 503
