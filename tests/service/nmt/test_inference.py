"""Texts in, texts out: our own path and the ULCA path."""

import pytest

from ai4v.adapters.memory.translator import Behaviour
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.kit.model import ModelMissingError
from ai4v.services.nmt.alias import ALIASES
from tests.service.nmt.stage import (
    DETECT,
    INFER,
    MODEL_ID,
    ULCA,
    ScriptedIdentifier,
    ScriptedTranslator,
    Stage,
    body,
    make_settings,
    open_stage,
)


def _is_in(text: str, language: str) -> bool:
    script = SCRIPTS[LANGUAGES[language].script]
    return all(script.owns(each) for each in text if each.isalpha())


async def test_texts_are_translated_in_order(stage: Stage) -> None:
    texts = ["good morning", "It costs ₹500.50.\n\n- See https://example.org/a", "😀 12"]
    answer = await stage.infer(body(*texts))
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["taskType"] == "translation"
    first, second, third = content["output"]
    assert [each["source"] for each in content["output"]] == texts
    assert _is_in(first["target"], "hi")
    assert len(first["target"].split()) == 2
    assert "₹500.50" in second["target"]
    assert second["target"].endswith(" https://example.org/a")
    assert "\n\n- " in second["target"]
    assert third == {
        "source": "😀 12",
        "target": "😀 12",
        "sourceLanguage": "en",
        "tier": "none",
        "isScriptRight": True,
        "isWhole": True,
    }
    assert (first["tier"], first["isScriptRight"], first["isWhole"]) == ("demo", True, True)


async def test_answer_says_what_was_applied(stage: Stage) -> None:
    asked = body(
        "hello",
        glossary={"hello": "x"},
        domain=["general"],
        gender="female",
        enableNumberTranslation=True,
        profanityFilter=True,
        preProcessors=["html"],
        postProcessors=["glossary"],
        serviceId=ALIASES[0],
    )
    asked["controlConfig"] = {"dataTracking": True}
    assert (await stage.infer(asked)).json()["config"] == {
        "serviceId": MODEL_ID,
        "language": {
            "sourceLanguage": "en",
            "targetLanguage": "hi",
            "sourceScriptCode": "Latn",
            "targetScriptCode": "Deva",
        },
        "notApplied": [
            "glossary",
            "domain",
            "gender",
            "enableNumberTranslation",
            "profanityFilter",
            "html",
            "dataTracking",
        ],
        "dataTracking": False,
    }


async def test_what_is_not_asked_is_not_listed(stage: Stage) -> None:
    asked = body("hello", profanityFilter=False, glossary={}, domain=None)
    assert (await stage.infer(asked)).json()["config"]["notApplied"] == []


@pytest.mark.parametrize("service_id", ["", MODEL_ID, *ALIASES])
async def test_ulca(stage: Stage, service_id: str) -> None:
    asked = body("hello", surprise=1, serviceId="unknown/model" if service_id else "")
    asked["more"] = {"x": [1]}
    asked["input"] = [{"source": "hello", "tag": "x"}]
    answer = await stage.client.post(ULCA, json=asked, params={"serviceId": service_id})
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["serviceId"] == MODEL_ID
    assert _is_in(answer.json()["output"][0]["target"], "hi")


async def test_ninety_texts(stage: Stage) -> None:
    answer = await stage.infer(body(*(f"text {number}" for number in range(90))))
    targets = [each["target"] for each in answer.json()["output"]]
    assert [target.split()[-1] for target in targets] == [str(number) for number in range(90)]


async def test_longest_text(stage: Stage) -> None:
    text = ("one two three four. " * 500)[:10_000].strip()
    answer = await stage.infer(body(text))
    assert answer.status_code == 200
    (output,) = answer.json()["output"]
    assert len(output["target"].split()) == len(text.split())
    assert sum(map(len, stage.translator.calls)) <= 3, "equal sentences are asked once"


async def test_through_english(stage: Stage) -> None:
    answer = await stage.infer(body("नमस्ते 5", source="hi", target="bn"))
    (output,) = answer.json()["output"]
    assert output["tier"] == "demo"
    assert _is_in(output["target"], "bn")
    assert output["target"].endswith(" 5")
    legs = [(call[0].source, call[0].target) for call in stage.translator.calls]
    assert legs == [("hi", "en"), ("en", "bn")]


@pytest.mark.parametrize("code", ["hi", "sat", "ta", "gom"])
async def test_equal_languages_pass_through(stage: Stage, code: str) -> None:
    text = "- ᱱᱚᱶᱟ 5 नमस्ते\n"
    answer = await stage.infer(body(text, source=code, target=code))
    (output,) = answer.json()["output"]
    assert (output["target"], output["tier"]) == (text, "none")
    assert stage.translator.calls == []
    (row,) = await stage.requests()
    assert row["status"] == "completed"


async def test_alias_of_a_language_is_the_language(stage: Stage) -> None:
    answer = await stage.infer(body("देव", source="gom", target="kok"))
    assert answer.json()["config"]["language"]["sourceLanguage"] == "kok"


async def test_auto_finds_each_texts_language(stage: Stage) -> None:
    answer = await stage.infer(body("hello", "আমার নাম", "नमस्ते", source="auto"))
    outputs = answer.json()["output"]
    assert [each["sourceLanguage"] for each in outputs] == ["en", "bn", "hi"]
    assert [each["tier"] for each in outputs] == ["demo", "demo", "none"]
    assert outputs[2]["target"] == "नमस्ते"
    assert answer.json()["config"]["language"]["sourceLanguage"] == "auto"
    (row,) = await stage.requests()
    assert row["source_language"] == "auto"
    assert [each["source_language"] for each in await stage.results(row["id"])] == [
        "en",
        "bn",
        "hi",
    ]


async def test_copy_is_told(stage: Stage) -> None:
    stage.translator.behaviour = Behaviour(copies=True)
    (output,) = (await stage.infer(body("hello"))).json()["output"]
    assert output["isScriptRight"] is False


async def test_loop_is_told(stage: Stage) -> None:
    stage.translator.behaviour = Behaviour(loops=True)
    (output,) = (await stage.infer(body("hello you"))).json()["output"]
    assert output["isWhole"] is False
    assert len(output["target"].split()) == 2


async def test_lost_numbers_come_back(stage: Stage) -> None:
    stage.translator.behaviour = Behaviour(drops_kept=True)
    (output,) = (await stage.infer(body("pay 500 by 10:30 at a.in/b, ok"))).json()["output"]
    assert [each for each in ("500", "10:30") if each not in output["target"]] == []
    assert output["isWhole"] is True


async def test_detect(stage: Stage) -> None:
    asked = {"input": [{"source": "hello"}, {"source": "नमस्ते दुनिया"}, {"source": "123"}]}
    answer = await stage.client.post(DETECT, json=asked)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["taskType"] == "txt-lang-detection"
    english, hindi, none = content["output"]
    assert english["langPrediction"] == [{"langCode": "en", "scriptCode": "Latn", "langScore": 1.0}]
    assert hindi["langPrediction"][0]["langCode"] == "hi"
    assert {each["scriptCode"] for each in hindi["langPrediction"]} == {"Deva"}
    assert none["langPrediction"] == []
    assert await stage.requests() == []


async def test_model_that_is_missing_stops_neither_detection_nor_passing_through(
    nmt_url: str,
) -> None:
    translator = ScriptedTranslator()
    translator.load_failure = ModelMissingError("run ai4v models pull")
    async with open_stage(make_settings(nmt_url), translator) as stage:
        asked = {"input": [{"source": "hello"}]}
        assert (await stage.client.post(DETECT, json=asked)).status_code == 200
        passed = await stage.infer(body("नमस्ते", source="auto", target="hi"))
        assert passed.json()["output"][0]["target"] == "नमस्ते"
        assert (await stage.client.get("/api/v1/nmt/languages")).status_code == 200


async def test_identifier_that_is_missing_stops_auto_alone(nmt_url: str) -> None:
    identifier = ScriptedIdentifier()
    identifier.load_failure = ModelMissingError("no lists")
    async with open_stage(make_settings(nmt_url), identifier=identifier) as stage:
        assert (await stage.infer(body("hello"))).status_code == 200
        for path, asked in (
            (INFER, body("hello", source="auto")),
            (DETECT, {"input": [{"source": "a"}]}),
        ):
            answer = await stage.client.post(path, json=asked)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
        health = await stage.client.get("/api/v1/nmt/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
