"""What a caller does wrong is told to them, and nothing is half done."""

import asyncio

import httpx2
import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.tts.alias import ALIASES
from tests.service.tts.stage import (
    INFER,
    Stage,
    body,
    configured,
    make_settings,
    missing,
    open_stage,
    scripted,
    token,
)
from tests.support.poll import until

_HELLO = "नमस्ते"


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
    assert stage.calls == []


@pytest.mark.parametrize("content", [b"", b"{", b"input=1", b'{"input": \xff}'])
async def test_broken_json(stage: Stage, content: bytes) -> None:
    _detail(await stage.client.post(INFER, content=content), 400, "INVALID_JSON")
    await _assert_nothing_recorded(stage)


async def test_body_of_another_kind(stage: Stage) -> None:
    response = await stage.client.post(INFER, content=b"a", headers={"content-type": "text/plain"})
    _detail(response, 415, "UNSUPPORTED_MEDIA")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": [{}]}, "input.0.source"),
        ({"input": [{"source": 5}]}, "input.0.source"),
        ({"input": [{"source": "a", "surprise": 1}]}, "input.0.surprise"),
        ({"input": [{"source": "a", "audioDuration": -1}]}, "input.0.audioDuration"),
        ({"config": {}}, "config.language"),
        ({"config": {"language": {}}}, "config.language.sourceLanguage"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_wrong_field_is_named(stage: Stage, change: dict[str, object], path: str) -> None:
    response = await stage.infer({**body(_HELLO), **change})
    _detail(response, 422, "VALIDATION_ERROR")
    assert path in _paths(response)
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("surprise", 1),
        ("audioFormat", "tape"),
        ("audioFormat", "webm"),
        ("encoding", "hex"),
        ("samplingRate", 7999),
        ("samplingRate", 48001),
        ("gender", "robot"),
        ("speed", 0),
        ("speed", 2.5),
        ("speed", "fast"),
        ("serviceId", "no/such"),
        ("supportedVoice", "nobody"),
        ("supportedVoice", "rules-ta-f"),
        ("speakerName", "nobody"),
    ],
)
async def test_wrong_config_is_named(stage: Stage, name: str, value: object) -> None:
    response = await stage.infer(configured(_HELLO, {name: value}))
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == [f"config.{name}"]
    await _assert_nothing_recorded(stage)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no text"),
        (" \n\t", "no text"),
        ("\u200b", "no text"),
        ("a\0b", "NUL"),
        ("a\ue000b", "private use"),
        ("<speak>hello</speak>", "SSML"),
        ("!!! ... 😀", "nothing in it"),
        ("வணக்கம்", "nothing in it"),
    ],
)
async def test_bad_item_among_good_ones_is_named(stage: Stage, text: str, message: str) -> None:
    response = await stage.infer(body(_HELLO, text, _HELLO))
    detail = _detail(response, 422, "VALIDATION_ERROR")
    (error,) = response.json()["detail"]["errors"]
    assert error["path"] == "input.1.source"
    assert message in error["message"]
    assert _HELLO not in str(detail)
    await _assert_nothing_recorded(stage)


async def test_every_bad_item_is_named(stage: Stage) -> None:
    response = await stage.infer(body("", _HELLO, "\0"))
    assert _paths(response) == ["input.0.source", "input.2.source"]


@pytest.mark.parametrize("length", [5_001, 100_000])
async def test_too_long_a_text(stage: Stage, length: int) -> None:
    response = await stage.infer(body(_HELLO, "a" * length))
    detail = _detail(response, 413, "PAYLOAD_TOO_LARGE")
    assert "5000" in str(detail["message"])
    assert _paths(response) == ["input.1.source"]
    await _assert_nothing_recorded(stage)


async def test_too_much_text_in_all(stage: Stage) -> None:
    response = await stage.infer(body(*["a " * 2_400] * 3))
    assert "10000" in str(_detail(response, 413, "PAYLOAD_TOO_LARGE")["message"])
    await _assert_nothing_recorded(stage)


async def test_numbers_count_in_words(stage: Stage) -> None:
    response = await stage.infer(body("77777777 " * 500, language="en"))
    _detail(response, 413, "PAYLOAD_TOO_LARGE")


async def test_longest_text_is_spoken(stage: Stage) -> None:
    response = await stage.infer(body("नमस्ते जी। " * 450, samplingRate=8000))
    assert response.status_code == 200


async def test_too_many_items(stage: Stage) -> None:
    response = await stage.infer(body(*["a"] * 33))
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["input"]
    await _assert_nothing_recorded(stage)


async def test_unknown_service_id_lists_what_there_is(stage: Stage) -> None:
    detail = _detail(await stage.infer(body(_HELLO, serviceId="x")), 422, "VALIDATION_ERROR")
    assert all(name in str(detail["message"]) for name in ("neural", "rules", *ALIASES))


@pytest.mark.parametrize("code", ["xx", "fr", "te", "auto"])
async def test_language_without_a_voice_lists_those_that_have_one(stage: Stage, code: str) -> None:
    response = await stage.infer(body(_HELLO, language=code))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert "bn, brx, doi, en, hi, ks, mai, mni, sa, sat, sd, ta, ur" in str(detail["message"])
    assert _paths(response) == ["config.language.sourceLanguage"]
    await _assert_nothing_recorded(stage)


async def test_language_that_the_model_does_not_speak(stage: Stage) -> None:
    response = await stage.infer(body("வணக்கம்", language="ta", serviceId="neural"))
    detail = _detail(response, 422, "LANGUAGE_NOT_SUPPORTED")
    assert "brx, doi, en, hi" in str(detail["message"])


async def test_voice_of_another_language_lists_those_that_speak_it(stage: Stage) -> None:
    response = await stage.infer(body("வணக்கம்", language="ta", supportedVoice="neural-hi-f"))
    detail = _detail(response, 422, "VALIDATION_ERROR")
    assert "rules-ta-f, rules-ta-m" in str(detail["message"])


@pytest.mark.parametrize(("code", "script"), [("hi", "Latn"), ("ta", "Deva"), ("ks", "Beng")])
async def test_other_script(stage: Stage, code: str, script: str) -> None:
    asked = body(_HELLO)
    asked["config"] = {"language": {"sourceLanguage": code, "sourceScriptCode": script}}
    response = await stage.infer(asked)
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["config.language.sourceScriptCode"]


@pytest.mark.parametrize("accept", ["audio/aac", "audio/webm, audio/L16"])
async def test_sound_that_is_not_made(stage: Stage, accept: str) -> None:
    response = await stage.infer(body(_HELLO), accept=accept)
    assert "audio/mpeg" in str(_detail(response, 422, "VALIDATION_ERROR")["message"])
    assert _paths(response) == ["accept"]
    await _assert_nothing_recorded(stage)


async def test_header_and_config_that_contradict(stage: Stage) -> None:
    response = await stage.infer(body(_HELLO, audioFormat="wav"), accept="audio/ogg")
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["config.audioFormat"]


async def test_sound_itself_is_that_of_one_text(stage: Stage) -> None:
    response = await stage.infer(body(_HELLO, _HELLO), accept="audio/wav")
    _detail(response, 422, "VALIDATION_ERROR")
    assert _paths(response) == ["input"]


async def test_nobody_comes_without_a_token(stage: Stage) -> None:
    for headers in ({TOKEN_HEADER: ""}, {TOKEN_HEADER: "x"}):
        response = await stage.client.post(INFER, json=body(_HELLO), headers=headers)
        _detail(response, 401, "AUTHENTICATION_ERROR")
    response = await stage.client.post(
        INFER, json=body(_HELLO), headers={TOKEN_HEADER: token(None)}
    )
    _detail(response, 401, "AUTHENTICATION_ERROR")


async def test_engine_that_is_loading_is_waited_for(tts_url: str) -> None:
    neural, rules = scripted()
    neural.load_hold = asyncio.Event()
    async with open_stage(make_settings(tts_url), (neural, rules)) as stage:
        response = await stage.infer(body(_HELLO))
        detail = _detail(response, 503, "SERVICE_UNAVAILABLE")
        assert "loading" in str(detail["message"])
        assert int(response.headers["retry-after"]) >= 1
        assert (await stage.client.get("/api/v1/tts/health/ready")).status_code == 503
        neural.load_hold.set()

        async def is_spoken() -> bool:
            return (await stage.infer(body(_HELLO))).status_code == 200

        await until(is_spoken)
        assert await stage.requests()


async def test_others_speak_where_an_engine_is_missing(tts_url: str) -> None:
    neural, rules = scripted()
    neural.load_failure = missing("kokoro")
    async with open_stage(make_settings(tts_url), (neural, rules)) as stage:
        answers = []

        async def is_answered() -> bool:
            answers.append(await stage.infer(body(_HELLO)))
            return answers[-1].status_code == 200

        await until(is_answered)
        config = answers[-1].json()["config"]
        assert (config["voiceId"], config["tier"]) == ("rules-hi-f", "rule-based")
        health = (await stage.client.get("/api/v1/tts/health")).json()
        assert (health["status"], health["components"]["neural"]) == ("degraded", "unhealthy")
        offers = await stage.offers()
        tiers = {offer["language"]: offer["tier"] for offer in offers}
        assert (tiers["hi"], tiers["ta"], tiers["sat"]) == (
            "rule-based",
            "rule-based",
            "approximate",
        )
        voices = (await stage.client.get("/api/v1/tts/voices")).json()["voices"]
        assert {voice["engine"] for voice in voices} == {"rules"}
        for named in ({"supportedVoice": "neural-hi-f"}, {"serviceId": "neural"}):
            refused = await stage.infer(configured(_HELLO, named))
            detail = _detail(refused, 503, "SERVICE_UNAVAILABLE")
            assert "ai4v models pull kokoro" in str(detail["message"])


async def test_language_of_a_missing_engine_is_unavailable_not_unknown(tts_url: str) -> None:
    neural, rules = scripted()
    rules.load_failure = missing("espeak")
    async with open_stage(make_settings(tts_url), (neural, rules)) as stage:

        async def is_told() -> bool:
            response = await stage.infer(body("வணக்கம்", language="ta"))
            assert response.status_code == 503
            return "pull espeak" in response.text

        await until(is_told)


async def test_no_engine_at_all(tts_url: str) -> None:
    neural, rules = scripted()
    neural.load_failure = rules.load_failure = missing("all")
    async with open_stage(make_settings(tts_url), (neural, rules)) as stage:

        async def is_told() -> bool:
            return "pull all" in (await stage.infer(body(_HELLO))).text

        await until(is_told)
        health = await stage.client.get("/api/v1/tts/health")
        assert health.status_code == 503
        assert health.json()["components"]["engine"] == "unhealthy"
        assert await stage.offers() == []
