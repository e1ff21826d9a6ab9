import pytest

from ai4v.services.asr.alias import ALIASES
from tests.service.asr.stage import MODEL_ID, WORDS, Stage, body, encoded, speech, wav


async def test_answer_has_the_shape_of_the_contract(stage: Stage) -> None:
    response = await stage.infer(body(speech(2.0)))
    assert response.status_code == 200
    assert response.json() == {
        "taskType": "asr",
        "output": [
            {
                "source": WORDS["hi"],
                "language": "hi",
                "script": "Deva",
                "isScriptRight": True,
                "isSilence": False,
                "duration": 2.0,
                "segments": [{"id": 0, "start": 0.0, "end": 2.0, "text": WORDS["hi"]}],
                "confidence": 0.75,
            }
        ],
        "config": {
            "serviceId": MODEL_ID,
            "language": {"sourceLanguage": "hi", "sourceScriptCode": "Deva"},
            "task": "transcribe",
            "transcriptionFormat": {"value": "transcript"},
            "encoding": "base64",
            "samplingRate": 16000,
            "preProcessors": ["vad"],
            "postProcessors": [],
            "notApplied": [],
            "dataTracking": False,
        },
    }


async def test_request_and_result_are_recorded_without_content(stage: Stage) -> None:
    response = await stage.infer(body(speech(1.0), wav((2.0, 0.0))), **{"x-request-id": "abc-1"})
    assert response.status_code == 200
    (row,) = await stage.requests()
    assert row["status"] == "completed"
    assert row["request_id"] == "abc-1"
    assert row["key_id"] == stage.principal.key_id
    assert (row["language"], row["task"], row["model_id"]) == ("hi", "transcribe", MODEL_ID)
    assert row["item_count"] == 2
    assert row["finished_at"] >= row["started_at"]
    spoken, silent = await stage.results(row["id"])
    assert (spoken["audio_s"], spoken["is_silence"], spoken["language"]) == (1.0, False, "hi")
    assert spoken["processing_s"] > 0
    assert (silent["audio_s"], silent["is_silence"], silent["confidence"]) == (2.0, True, None)


async def test_silence_is_an_empty_transcript_marked_as_such(stage: Stage) -> None:
    response = await stage.infer(body(wav((3.0, 0.0)), language="auto"))
    (output,) = response.json()["output"]
    assert output["source"] == ""
    assert output["isSilence"] is True
    assert output["segments"] == []
    assert "language" not in output
    assert stage.recognizer.calls == []


async def test_items_are_answered_in_order(stage: Stage) -> None:
    response = await stage.infer(body(speech(1.0), wav((1.0, 0.0)), speech(3.0)))
    assert [item["duration"] for item in response.json()["output"]] == [1.0, 1.0, 3.0]
    assert [item["isSilence"] for item in response.json()["output"]] == [False, True, False]


async def test_long_audio_is_heard_in_windows_and_told_in_the_time_of_the_file(
    stage: Stage,
) -> None:
    content = wav((20.0, 0.5), (2.0, 0.0), (20.0, 0.5), (1.0, 0.0), (25.0, 0.5))
    (output,) = (await stage.infer(body(content))).json()["output"]
    starts = [segment["start"] for segment in output["segments"]]
    ends = [segment["end"] for segment in output["segments"]]
    assert starts == pytest.approx([0.0, 21.6, 42.6], abs=0.1)
    assert ends == pytest.approx([20.4, 42.4, 68.0], abs=0.1)
    assert output["source"] == " ".join([WORDS["hi"]] * 3)
    heard = [utterance for call in stage.recognizer.calls for utterance in call]
    assert all(utterance.audio.duration_s <= 30.0 for utterance in heard)


async def test_language_is_found_once_for_a_file(stage: Stage) -> None:
    content = wav((10.0, 0.5), (2.0, 0.0), (28.0, 0.5))
    (output,) = (await stage.infer(body(content, language="auto"))).json()["output"]
    assert output["language"] == "en"
    assert output["script"] == "Latn"
    asked = [utterance.language for call in stage.recognizer.calls for utterance in call]
    assert asked == [None, "en"]
    assert stage.recognizer.calls[0][0].audio.duration_s > 20
    (row,) = await stage.requests()
    assert row["language"] == "auto"
    (result,) = await stage.results(row["id"])
    assert result["language"] == "en"


async def test_translation_is_english(stage: Stage) -> None:
    response = await stage.infer(body(speech(), task="translate"))
    (output,) = response.json()["output"]
    assert (output["source"], output["language"], output["script"]) == (WORDS["en"], "hi", "Latn")
    assert response.json()["config"]["task"] == "translate"


async def test_wrong_script_is_told(stage: Stage) -> None:
    stage.recognizer.is_script_right = False
    (output,) = (await stage.infer(body(speech()))).json()["output"]
    assert output["isScriptRight"] is False
    (row,) = await stage.requests()
    (result,) = await stage.results(row["id"])
    assert result["is_script_right"] is False


@pytest.mark.parametrize("layout", ["srt", {"value": "srt"}])
async def test_srt(stage: Stage, layout: object) -> None:
    response = await stage.infer(body(speech(), transcriptionFormat=layout))
    source = response.json()["output"][0]["source"]
    assert source == f"1\n00:00:00,000 --> 00:00:02,000\n{WORDS['hi']}\n"
    assert response.json()["config"]["transcriptionFormat"] == {"value": "srt"}


async def test_webvtt(stage: Stage) -> None:
    response = await stage.infer(body(speech(), transcriptionFormat={"value": "webvtt"}))
    assert response.json()["output"][0]["source"].startswith("WEBVTT\n\n00:00:00.000 --> ")


async def test_pcm_comes_with_its_rate(stage: Stage) -> None:
    content = (b"\x00\x20\x00\xe0") * 8_000
    response = await stage.infer(body(content, audioFormat="pcm", samplingRate=16_000))
    assert response.status_code == 200
    (raw,) = stage.codec.raw
    assert raw is not None
    assert raw.rate_hz == 16_000


async def test_alias_of_a_language_is_the_language(stage: Stage) -> None:
    response = await stage.infer(body(speech(), language="gom"))
    assert response.json()["config"]["language"]["sourceLanguage"] == "kok"
    assert response.json()["output"][0]["language"] == "kok"


@pytest.mark.parametrize("service_id", ["", MODEL_ID, *ALIASES])
async def test_model_behind_an_alias_is_told(stage: Stage, service_id: str) -> None:
    response = await stage.infer(body(speech(), serviceId=service_id))
    assert response.json()["config"]["serviceId"] == MODEL_ID


async def test_what_is_asked_for_and_not_done_is_told(stage: Stage) -> None:
    asked = body(
        speech(),
        preProcessors=["vad", "denoiser"],
        postProcessors=["itn", "punctuation"],
        bestTokenCount=3,
        domain=["general"],
        profanityFilter=True,
    )
    asked["controlConfig"] = {"dataTracking": True}
    config = (await stage.infer(asked)).json()["config"]
    assert config["notApplied"] == [
        "denoiser",
        "itn",
        "punctuation",
        "bestTokenCount",
        "domain",
        "profanityFilter",
        "dataTracking",
    ]
    assert config["dataTracking"] is False


async def test_hotwords_are_not_applied_yet(stage: Stage) -> None:
    asked = body(speech(), postProcessors={"hotword_list": ["भारत"]})
    assert (await stage.infer(asked)).json()["config"]["notApplied"] == ["hotword_list"]


async def test_a_null_is_an_absent_field(stage: Stage) -> None:
    asked = body(speech(), serviceId=None, transcriptionFormat=None, preProcessors=None)
    asked["controlConfig"] = None
    response = await stage.client.post("/services/inference/asr", json=asked)
    assert response.status_code == 200
    assert response.json()["config"]["serviceId"] == MODEL_ID


async def test_ulca_ignores_what_it_does_not_know(stage: Stage) -> None:
    asked = body(speech(), isSentence=True, numTokens=2)
    asked["extra"] = {"a": 1}
    response = await stage.client.post("/services/inference/asr", json=asked)
    assert response.status_code == 200
    assert response.json()["output"][0]["source"] == WORDS["hi"]


async def test_ulca_service_id_of_the_address(stage: Stage) -> None:
    path = "/services/inference/asr?serviceId="
    known = await stage.client.post(path + ALIASES[0], json=body(speech()))
    unknown = await stage.client.post(path + "no/such", json=body(speech()))
    assert known.json()["config"]["serviceId"] == MODEL_ID
    assert unknown.status_code == 422


async def test_multipart_with_plain_fields(stage: Stage) -> None:
    response = await stage.client.post(
        "/api/v1/asr/inference",
        files=[("file", ("a.wav", speech())), ("file", ("b.wav", speech(1.0)))],
        data={"language": "hi", "format": "webvtt", "task": "translate"},
    )
    assert response.status_code == 200
    assert [item["duration"] for item in response.json()["output"]] == [2.0, 1.0]
    assert response.json()["output"][0]["source"].startswith("WEBVTT")
    assert response.json()["config"]["task"] == "translate"


async def test_multipart_with_config(stage: Stage) -> None:
    response = await stage.client.post(
        "/api/v1/asr/inference",
        files={"file": ("a.wav", speech())},
        data={"config": '{"language": {"sourceLanguage": "hi"}, "transcriptionFormat": "srt"}'},
    )
    assert response.status_code == 200
    assert response.json()["output"][0]["source"].startswith("1\n00:00:00,000")


async def test_json_needs_no_content_type(stage: Stage) -> None:
    asked = '{"audio": [{"audioContent": "%s"}], "config": {"language": {"sourceLanguage": "hi"}}}'
    response = await stage.client.post(
        "/api/v1/asr/inference", content=(asked % encoded(speech())).encode()
    )
    assert response.status_code == 200
