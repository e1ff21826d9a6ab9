"""What a caller does wrong is told to them, and nothing is half done."""

import httpx2
import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.kit.model import ModelMissingError
from ai4v.services.asr.alias import ALIASES
from tests.service.asr.stage import (
    MODEL_ID,
    ScriptedRecognizer,
    Stage,
    body,
    encoded,
    make_principal,
    make_settings,
    open_stage,
    speech,
    token,
)

_INFER = "/api/v1/asr/inference"


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
    assert stage.recognizer.calls == []


@pytest.mark.parametrize("content", [b"", b"{", b"audio=1", b'{"audio": \xff}'])
async def test_broken_json(stage: Stage, content: bytes) -> None:
    response = await stage.client.post(_INFER, content=content)
    _detail(response, 400, "INVALID_JSON")
    await _assert_nothing_recorded(stage)


async def test_form_cut_off_within_its_second_file(stage: Stage) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="'
    file = part + b'file"; filename="a.wav"\r\n\r\n' + speech() + b"\r\n"
    form = part + b'language"\r\n\r\nhi\r\n' + file + file
    headers = {"content-type": "multipart/form-data; boundary=b"}
    refused = await stage.client.post(_INFER, content=form[:-99], headers=headers)
    _detail(refused, 400, "INVALID_JSON")
    await _assert_nothing_recorded(stage)
    whole = await stage.client.post(_INFER, content=form + b"--b--\r\n", headers=headers)
    assert len(whole.json()["output"]) == 2


@pytest.mark.parametrize("charset", ["undefined", "punycode", "utf-16", "nonsense", ""])
async def test_form_in_another_charset(stage: Stage, charset: str) -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        + speech()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="language"\r\n\r\nhi\r\n--b--\r\n'
    )
    media = "multipart/form-data; boundary=b; charset="
    refused = await stage.client.post(
        _INFER, content=form, headers={"content-type": media + charset}
    )
    _detail(refused, 400, "INVALID_JSON")
    await _assert_nothing_recorded(stage)
    taken = await stage.client.post(_INFER, content=form, headers={"content-type": media + "UTF-8"})
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"audio": []}, "audio"),
        ({"audio": None}, "audio"),
        ({"audio": [{}]}, "audio.0.audioContent"),
        ({"audio": [{"audioContent": 5}]}, "audio.0.audioContent"),
        ({"audio": [{"audio_content": "QQ=="}]}, "audio.0.audio_content"),
        (
            {"audio": [{"audioUri": "https://example.org/a.wav", "audioContent": "AAAA"}]},
            "audio.0.audioUri",
        ),
        ({"config": {}}, "config.language"),
        ({"config": {"language": {}}}, "config.language.sourceLanguage"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_wrong_field_is_named(stage: Stage, change: dict[str, object], path: str) -> None:
    response = await stage.infer({**body(speech()), **change})
    _detail(response, 422, "VALIDATION_ERROR")
    assert path in _paths(response)
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("surprise", 1),
        ("task", "sing"),
        ("audioFormat", "tape"),
        ("encoding", "hex"),
        ("samplingRate", 3),
        ("transcriptionFormat", "docx"),
        ("bestTokenCount", 11),
        ("audioFormat", "pcm"),
        ("serviceId", "no/such"),
    ],
)
async def test_wrong_config_is_named(stage: Stage, name: str, value: object) -> None:
    asked = body(speech())
    asked["config"] = {"language": {"sourceLanguage": "hi"}, name: value}
    response = await stage.infer(asked)
    _detail(response, 422, "VALIDATION_ERROR")
    wanted = f"config.{name}" if (name, value) != ("audioFormat", "pcm") else "config.samplingRate"
    assert any(path.startswith(wanted) for path in _paths(response))
    await _assert_nothing_recorded(stage)


async def test_unknown_service_id_lists_what_there_is(stage: Stage) -> None:
    detail = _detail(await stage.infer(body(speech(), serviceId="x")), 422, "VALIDATION_ERROR")
    assert all(name in str(detail["message"]) for name in (MODEL_ID, *ALIASES))


@pytest.mark.parametrize("code", ["xx", "fr", "ta", "sat", "AUTO"])
async def test_language_that_is_not_served_lists_those_that_are(stage: Stage, code: str) -> None:
    response = await stage.infer(body(speech(), language=code))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert "en, hi, kok" in str(detail["message"])
    await _assert_nothing_recorded(stage)


async def test_language_that_is_not_translated(stage: Stage) -> None:
    response = await stage.infer(body(speech(), language="kok", task="translate"))
    _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")


@pytest.mark.parametrize(("code", "script"), [("hi", "Latn"), ("kok", "Knda"), ("auto", "Deva")])
async def test_other_script(stage: Stage, code: str, script: str) -> None:
    asked = body(speech())
    asked["config"] = {"language": {"sourceLanguage": code, "sourceScriptCode": script}}
    response = await stage.infer(asked)
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["config.language.sourceScriptCode"]


@pytest.mark.parametrize(
    "content", ["", "====", "not base64!", "QQ==QQ==", "UklG\nRg==", "Q", encoded(b"no audio")]
)
async def test_bad_item_of_three_names_its_index(stage: Stage, content: str) -> None:
    asked = body(speech(), speech(), speech())
    asked["audio"][1] = {"audioContent": content}  # type: ignore[index] # built as a list just above
    response = await stage.infer(asked)
    _detail(response, 422, "INVALID_AUDIO")
    assert _paths(response) == ["audio.1.audioContent"]
    (row,) = await stage.requests()
    assert (row["status"], row["error_code"]) == ("failed", "INVALID_AUDIO")
    assert await stage.results(row["id"]) == []
    assert stage.recognizer.calls == []


async def test_large_base64_is_checked_to_its_end(stage: Stage) -> None:
    content = encoded(speech(30.0))
    for bad in (content[:-8] + "!" + content[-7:], content[:262_140] + "====" + content[262_144:]):
        asked = {"audio": [{"audioContent": bad}], "config": {"language": {"sourceLanguage": "hi"}}}
        _detail(await stage.infer(asked), 422, "INVALID_AUDIO")


async def test_too_many_items(asr_url: str) -> None:
    async with open_stage(make_settings(asr_url, max_items=2)) as stage:
        response = await stage.infer(body(speech(), speech(), speech()))
        _detail(response, 422, "VALIDATION_ERROR")
        assert _paths(response) == ["audio"]
        files = [("file", ("a.wav", speech())) for _ in range(3)]
        form = await stage.client.post(_INFER, files=files, data={"language": "hi"})
        _detail(form, 422, "VALIDATION_ERROR")
        assert _paths(form) == ["file"]


@pytest.mark.parametrize("durations_s", [(11.0,), (6.0, 6.0), (10.0, 1.0)])
async def test_too_long_audio_says_what_to_do(asr_url: str, durations_s: tuple[float, ...]) -> None:
    async with open_stage(make_settings(asr_url, max_audio_s=10.0)) as stage:
        response = await stage.infer(body(*(speech(seconds) for seconds in durations_s)))
        detail = _detail(response, 413, "PAYLOAD_TOO_LARGE")
        assert "split" in str(detail["message"])
        assert _paths(response) == [f"audio.{len(durations_s) - 1}.audioContent"]
        (row,) = await stage.requests()
        assert (row["status"], row["error_code"]) == ("failed", "PAYLOAD_TOO_LARGE")


async def test_too_large_body(asr_url: str) -> None:
    async with open_stage(make_settings(asr_url, max_body_bytes=1_000)) as stage:
        _detail(await stage.infer(body(speech())), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("media", ["text/plain", "audio/wav", "application/x-www-form-urlencoded"])
async def test_other_content_type(stage: Stage, media: str) -> None:
    response = await stage.client.post(_INFER, content=b"x", headers={"content-type": media})
    _detail(response, 415, "UNSUPPORTED_MEDIA")


async def test_ulca_takes_no_multipart(stage: Stage) -> None:
    response = await stage.client.post("/services/inference/asr", files={"file": speech()})
    _detail(response, 415, "UNSUPPORTED_MEDIA")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, "language"),
        ({"language": "hi", "colour": "red"}, "colour"),
        ({"language": "hi", "config": "{}"}, "config"),
        ({"config": '{"language": {}}'}, "config.language.sourceLanguage"),
        ({"language": "hi", "task": "sing"}, "task"),
    ],
)
async def test_wrong_form_field_is_named(stage: Stage, data: dict[str, str], path: str) -> None:
    response = await stage.client.post(_INFER, files={"file": speech()}, data=data)
    _detail(response, 422, "VALIDATION_ERROR")
    assert path in _paths(response)
    await _assert_nothing_recorded(stage)


async def test_form_without_a_file(stage: Stage) -> None:
    response = await stage.client.post(_INFER, files={"language": (None, "hi")})
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["file"]


async def test_form_with_a_bad_file_names_it(stage: Stage) -> None:
    files = [("file", ("a.wav", speech())), ("file", ("b.wav", b"no audio"))]
    response = await stage.client.post(_INFER, files=files, data={"language": "hi"})
    _detail(response, 422, "INVALID_AUDIO")
    assert _paths(response) == ["file.1"]


@pytest.mark.parametrize("media", ["multipart/form-data", "multipart/form-data; boundary=x"])
async def test_broken_multipart(stage: Stage, media: str) -> None:
    response = await stage.client.post(
        _INFER, content=b"--y\r\nbroken", headers={"content-type": media}
    )
    _detail(response, 400, "INVALID_JSON")


async def test_broken_json_in_a_form(stage: Stage) -> None:
    response = await stage.client.post(_INFER, files={"file": speech()}, data={"config": "{"})
    _detail(response, 400, "INVALID_JSON")


async def test_path_and_method(stage: Stage) -> None:
    _detail(await stage.client.get("/api/v1/asr/nothing"), 404, "NOT_FOUND")
    _detail(await stage.client.get(_INFER), 405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", [_INFER, "/services/inference/asr"])
async def test_nobody_is_let_in_but_through_the_gateway(stage: Stage, path: str) -> None:
    forged = {TOKEN_HEADER: "x.y.z", "x-user-id": "1"}
    other = {TOKEN_HEADER: token(make_principal(), audience="tts")}
    service = {TOKEN_HEADER: token(None)}
    for headers in (forged, other, service):
        response = await stage.client.post(path, json=body(speech()), headers=headers)
        _detail(response, 401, "AUTHENTICATION_ERROR")
    await _assert_nothing_recorded(stage)


async def test_errors_never_repeat_content(stage: Stage) -> None:
    canary = "CANARY-" * 20
    asked = body(speech(), canary=canary)
    asked["audio"] = [{"audioContent": canary}, {"audioContent": {"deep": canary}}]
    assert "CANARY" not in (await stage.infer(asked)).text
    asked = body(speech(), language=canary[:16])
    assert "CANARY" not in (await stage.infer(asked)).text


async def test_engine_that_is_not_there_says_how_to_get_it(asr_url: str) -> None:
    missing = ModelMissingError("the model is not on this machine: run ai4v models pull")
    recognizer = ScriptedRecognizer(load_failure=missing)
    async with open_stage(make_settings(asr_url), recognizer) as stage:
        response = await stage.infer(body(speech()))
        detail = _detail(response, 503, "SERVICE_UNAVAILABLE")
        assert "ai4v models pull" in str(detail["message"])
        assert int(response.headers["retry-after"]) >= 1
        await _assert_nothing_recorded(stage)
        health = await stage.client.get("/api/v1/asr/health")
        assert health.status_code == 503
        assert health.json()["components"]["engine"] == "unhealthy"
        assert health.json()["components"]["postgres"] == "healthy"
        assert (await stage.client.get("/api/v1/asr/health/ready")).status_code == 503
