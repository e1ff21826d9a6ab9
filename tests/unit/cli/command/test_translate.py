import json

import httpx2
import pytest

from ai4v.contracts.capability import Tier
from ai4v.contracts.nmt import (
    DetectAnswer,
    DetectOutput,
    LanguagePrediction,
    NmtAnswer,
    NmtAppliedConfig,
    NmtLanguage,
    NmtOutput,
)
from tests.support.gateway import FakeGateway, refuse

Body = dict[str, object]


def sources(body: Body) -> list[str]:
    items = body["input"]
    assert isinstance(items, list)
    return [item["source"] for item in items]


def translated(body: Body, tier: Tier = Tier.NEURAL, **doubts: bool) -> NmtAnswer:
    """Translate into capitals."""
    flags = {"is_script_right": True, "is_whole": True} | doubts
    outputs = tuple(
        NmtOutput(source=text, target=text.upper(), source_language="hi", tier=tier, **flags)
        for text in sources(body)
    )
    language = NmtLanguage(source_language="hi", target_language="en")
    config = NmtAppliedConfig(
        service_id="gemma", language=language, not_applied=(), data_tracking=False
    )
    return NmtAnswer(output=outputs, config=config)


def refuse_bad(body: Body) -> NmtAnswer | httpx2.Response:
    bad = [index for index, text in enumerate(sources(body)) if "bad" in text]
    if not bad:
        return translated(body)
    places = {f"input__{index}__source": "it holds a control character" for index in bad}
    return refuse(422, "a text cannot be taken; see errors", **places)


def test_text_is_asked_for_as_the_options_say() -> None:
    gateway = FakeGateway(translated)
    result = gateway.run("translate", "one", "--from", "hi", "--to", "en")
    assert (result.stdout, result.stderr, result.exit_code) == ("ONE\n", "", 0)
    language = {"sourceLanguage": "hi", "targetLanguage": "en"}
    assert gateway.bodies == [{"input": [{"source": "one"}], "config": {"language": language}}]
    (request,) = gateway.requests
    assert (request.method, request.url.path) == ("POST", "/api/v1/nmt/inference")
    assert request.headers["x-request-timeout-ms"] == "300000"


def test_language_is_found_out_unless_it_is_said() -> None:
    gateway = FakeGateway(translated)
    gateway.run("translate", "one", "--to", "en")
    language = {"sourceLanguage": "auto", "targetLanguage": "en"}
    assert gateway.bodies[0]["config"] == {"language": language}


@pytest.mark.parametrize("text", ["one\ntwo\n", "  one\n\n\n two\r\n\r\n42\n\n", "one"])
def test_lines_of_a_file_are_kept(text: str) -> None:
    gateway = FakeGateway(translated)
    result = gateway.run("translate", "--to", "en", stdin=text.encode())
    assert result.stdout_bytes.decode() == text.upper() + ("" if text.endswith("\n") else "\n")


def test_each_argument_is_a_text() -> None:
    gateway = FakeGateway(translated)
    result = gateway.run("translate", "one", "two\nlines", "-", "--to", "en", stdin=b"three")
    assert result.stdout == "ONE\nTWO\nLINES\nTHREE\n"
    assert sources(gateway.bodies[0]) == ["one", "two\nlines", "three"]


def test_what_has_no_letters_is_not_sent() -> None:
    gateway = FakeGateway(translated)
    result = gateway.run("translate", "--to", "en", stdin="one\n\n* * *\n\n४२\n".encode())
    assert result.stdout == "ONE\n\n* * *\n\n४२\n"
    assert sources(gateway.bodies[0]) == ["one"]


def test_long_text_takes_several_calls() -> None:
    gateway = FakeGateway(translated)
    text = "".join(f"paragraph {number}\n\n" for number in range(200))
    result = gateway.run("translate", "--to", "en", stdin=text.encode())
    assert result.stdout == text.upper()
    assert [len(sources(body)) for body in gateway.bodies] == [90, 90, 20]


def test_paragraph_that_is_refused_is_named_and_the_others_are_done() -> None:
    gateway = FakeGateway(refuse_bad)
    text = b"one\n\nbad\nmore of it\n\ntwo\n"
    result = gateway.run("translate", "--to", "en", stdin=text)
    assert result.exit_code == 1
    assert result.stdout == "ONE\n\nbad\nmore of it\n\nTWO\n"
    assert result.stderr == "ai4v: lines 3 to 4: it holds a control character\n"


def test_nothing_is_printed_when_nothing_is_translated() -> None:
    result = FakeGateway(refuse_bad).run("translate", "bad", "--to", "en")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "ai4v: line 1: it holds a control character\n"


def test_json_says_what_became_of_each_paragraph() -> None:
    gateway = FakeGateway(refuse_bad)
    result = gateway.run("translate", "one\n\n42", "bad", "--to", "en", "--json")
    assert result.exit_code == 1
    one, number, bad = json.loads(result.stdout)
    assert (one["text"], one["line"], one["source"], one["target"]) == ("text 1", 1, "one", "ONE")
    assert (one["sourceLanguage"], one["tier"], one["isWhole"]) == ("hi", "neural", True)
    assert number == {"text": "text 1", "line": 3, "source": "42", "target": "42"}
    error = "it holds a control character"
    assert bad == {"text": "text 2", "line": 1, "source": "bad", "error": error}
    assert "text 2, line 1: it holds" in result.stderr


def test_direction_that_is_not_possible_is_told() -> None:
    place = {"config__language__targetLanguage": "possible: en"}
    gateway = FakeGateway(lambda _body: refuse(422, "not possible", **place))
    for options in ((), ("--json",)):
        told = gateway.fail("translate", "one", "--from", "hi", "--to", "ta", *options)
        assert told.startswith("not possible (SOME_CODE, request r-1)")
    assert len(gateway.requests) == 2


def test_what_is_done_before_a_failure_is_printed() -> None:
    def answer(body: Body) -> NmtAnswer | httpx2.Response:
        return refuse(503, "not now") if "last" in sources(body) else translated(body)

    text = "one\n\n" * 90 + "last\n"
    result = FakeGateway(answer).run("translate", "--to", "en", stdin=text.encode())
    assert result.stdout == ("ONE\n\n" * 90).rstrip() + "\n"
    told = FakeGateway(answer).fail("translate", "--to", "en", "--json", stdin=text.encode())
    assert told == "not now (SOME_CODE, request r-1)\nnothing from line 181 on is translated"


def test_what_not_to_rely_on_is_told() -> None:
    gateway = FakeGateway(
        lambda body: translated(body, Tier.DEMO, is_script_right=False, is_whole=False)
    )
    result = gateway.run("translate", "one", "two", "--to", "en")
    assert result.exit_code == 0
    assert result.stderr.split("\n") == [
        "text 1, line 1: some of it is missing: do not rely on it",
        "text 1, line 1: some of it is in a wrong script: do not rely on it",
        "text 2, line 1: some of it is missing: do not rely on it",
        "text 2, line 1: some of it is in a wrong script: do not rely on it",
        "demo tier: the model is weak in this direction: do not rely on it",
        "",
    ]


@pytest.mark.parametrize("arguments", [("",), (" \n", ""), ()])
def test_nothing_to_translate_is_told(arguments: tuple[str, ...]) -> None:
    told = FakeGateway(translated).fail("translate", *arguments, "--to", "en", stdin=b"\n")
    assert told == "there is nothing to translate"


class TestDetecting:
    def test_guesses_are_printed(self) -> None:
        guesses = (
            LanguagePrediction(lang_code="hi", script_code="Deva", lang_score=0.9),
            LanguagePrediction(lang_code="mr", script_code="Deva", lang_score=0.05),
        )
        output = DetectOutput(source="नमस्ते", lang_prediction=guesses)
        gateway = FakeGateway(lambda _body: DetectAnswer(output=(output,)))
        result = gateway.run("detect", "नमस्ते")
        assert result.stdout == "hi  Deva 0.90  Hindi\nmr  Deva 0.05  Marathi\n"
        assert gateway.bodies == [{"input": [{"source": "नमस्ते"}]}]
        likeliest = json.loads(gateway.run("detect", "--json", stdin=b"x").stdout)[0]
        assert likeliest == {"langCode": "hi", "scriptCode": "Deva", "langScore": 0.9}

    def test_no_guess_is_told(self) -> None:
        answer = DetectAnswer(output=(DetectOutput(source="42", lang_prediction=()),))
        result = FakeGateway(lambda _body: answer).run("detect", "42")
        assert (result.stdout, "no language" in result.stderr) == ("", True)
