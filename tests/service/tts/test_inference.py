import numpy as np
import pytest

from ai4v.adapters.memory.synthesizer import LETTER_S
from ai4v.services.tts.alias import ALIASES
from tests.service.tts.stage import INFER, Stage, body, configured, kind_of, sound_of

_HELLO = "नमस्ते दुनिया"


async def test_answer_has_the_shape_of_the_contract(stage: Stage) -> None:
    response = await stage.infer(body(_HELLO))
    assert response.status_code == 200
    answer = response.json()
    (audio,) = answer.pop("audio")
    sound = await sound_of(audio["audioContent"])
    assert sound.rate_hz == 24_000
    assert sound.duration_s == pytest.approx(audio["audioDuration"], abs=1e-3)
    assert set(audio) == {"audioContent", "audioDuration"}
    assert answer == {
        "taskType": "tts",
        "config": {
            "serviceId": "neural",
            "voiceId": "neural-hi-f",
            "tier": "neural",
            "note": "Pretends: hums for as long as the text might last.",
            "language": {"sourceLanguage": "hi", "sourceScriptCode": "Deva"},
            "audioFormat": "wav",
            "encoding": "base64",
            "samplingRate": 24000,
            "audioDuration": audio["audioDuration"],
            "speed": 1.0,
            "notApplied": [],
            "dataTracking": False,
        },
    }


async def test_request_and_result_are_recorded_without_content(stage: Stage) -> None:
    await stage.infer(body(_HELLO, "हाँ"), **{"x-request-id": "abc-1"})
    (row,) = await stage.requests()
    assert (row["status"], row["request_id"]) == ("completed", "abc-1")
    assert row["key_id"] == stage.principal.key_id
    assert (row["language"], row["voice_id"], row["model_id"]) == ("hi", "neural-hi-f", "neural")
    assert row["item_count"] == 2
    first, second = await stage.results(row["id"])
    assert (first["characters"], second["characters"]) == (len(_HELLO), 3)
    assert first["audio_s"] > second["audio_s"] > 0
    assert first["processing_s"] > 0


async def test_items_are_answered_in_order(stage: Stage) -> None:
    texts = ("एक", "एक दो तीन चार पाँच छह सात", "एक दो तीन")
    response = await stage.infer(body(*texts))
    short, long, middle = (audio["audioDuration"] for audio in response.json()["audio"])
    assert short < middle < long
    total = response.json()["config"]["audioDuration"]
    assert total == pytest.approx(short + middle + long, abs=0.01)


async def test_long_text_is_spoken_in_sentences_with_pauses(stage: Stage) -> None:
    response = await stage.infer(body("राम आया। सीता गई।\nवे खुश हैं।"))
    assert [call.text for call in stage.calls] == ["राम आया।", "सीता गई।", "वे खुश हैं।"]
    samples = (await sound_of(response.json()["audio"][0]["audioContent"])).samples
    letters = sum(len("".join(filter(str.isalnum, call.text))) for call in stage.calls)
    assert len(samples) / 24_000 > letters * LETTER_S + 0.6
    assert 0.4 < np.abs(samples).max() <= 1.0


async def test_many_items_are_spoken_a_few_at_a_time(stage: Stage) -> None:
    response = await stage.infer(body(*["एक दो"] * 8))
    assert len(response.json()["audio"]) == 8
    assert stage.neural.most_inside == 2


async def test_numbers_are_said_in_words(stage: Stage) -> None:
    await stage.infer(body("मेरे पास १२ आम हैं"))
    assert [call.text for call in stage.calls] == ["मेरे पास एक दो आम हैं"]


async def test_speed(stage: Stage) -> None:
    durations = []
    for speed in (0.5, 1.0, 2.0):
        response = await stage.infer(body(_HELLO, speed=speed))
        durations.append(response.json()["audio"][0]["audioDuration"])
        assert response.json()["config"]["speed"] == speed
    assert durations[0] == pytest.approx(2 * durations[1], rel=0.1)
    assert durations[1] == pytest.approx(2 * durations[2], rel=0.1)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
async def test_sampling_rate(stage: Stage, rate_hz: int) -> None:
    response = await stage.infer(body(_HELLO, samplingRate=rate_hz))
    assert response.json()["config"]["samplingRate"] == rate_hz
    sound = await sound_of(response.json()["audio"][0]["audioContent"])
    assert sound.rate_hz == rate_hz


@pytest.mark.parametrize(
    ("config", "voice_id", "not_applied"),
    [
        ({}, "neural-hi-f", []),
        ({"gender": "male"}, "neural-hi-m", []),
        ({"supportedVoice": "rules-hi-m"}, "rules-hi-m", []),
        ({"speakerName": "rules-hi-f"}, "rules-hi-f", []),
        ({"supportedVoice": "rules-hi-m", "gender": "female"}, "rules-hi-m", ["gender"]),
        ({"serviceId": "rules"}, "rules-hi-f", []),
        ({"serviceId": "neural"}, "neural-hi-f", []),
    ],
)
async def test_voice(
    stage: Stage, config: dict[str, object], voice_id: str, not_applied: list[str]
) -> None:
    answer = (await stage.infer(configured(_HELLO, config))).json()["config"]
    assert answer["voiceId"] == voice_id
    assert answer["notApplied"] == not_applied
    assert {call.voice_id for call in stage.calls} == {voice_id}


@pytest.mark.parametrize("service_id", ALIASES)
async def test_model_behind_an_alias_is_told(stage: Stage, service_id: str) -> None:
    response = await stage.infer(body("வணக்கம்", language="ta", serviceId=service_id))
    assert response.json()["config"]["serviceId"] == "rules"


@pytest.mark.parametrize(
    ("code", "text", "spoken", "voice_id"),
    [
        ("mai", "अहाँ", "अहाँ", "neural-hi-f"),
        ("sat", "ᱡᱚᱦᱟᱨ", "जॉहार", "neural-hi-f"),
        ("mni", "ꯃꯅꯤꯄꯨꯔ", "মনিপুর", "rules-bn-f"),
        ("mni", "মণিপুর", "মণিপুর", "rules-bn-f"),
        ("mni", "ৱাহৈ", "ওয়াহৈ", "rules-bn-f"),
        ("ks", "کٲشُر", "کاشُر", "rules-ur-f"),
    ],
)
async def test_approximation_is_told(
    stage: Stage, code: str, text: str, spoken: str, voice_id: str
) -> None:
    answer = (await stage.infer(body(text, language=code))).json()["config"]
    assert (answer["tier"], answer["voiceId"]) == ("approximate", voice_id)
    assert "another language" in answer["note"]
    assert answer["language"]["sourceLanguage"] == code
    assert [call.text for call in stage.calls] == [spoken]


async def test_other_script_where_it_is_read(stage: Stage) -> None:
    asked = body("काशुर")
    asked["config"] = {"language": {"sourceLanguage": "ks", "sourceScriptCode": "Deva"}}
    answer = (await stage.infer(asked)).json()["config"]
    assert answer["voiceId"] == "neural-hi-f"
    assert answer["language"] == {"sourceLanguage": "ks", "sourceScriptCode": "Deva"}


async def test_english_within_other_text_is_spoken(stage: Stage) -> None:
    response = await stage.infer(body("hello all", language="ta"))
    assert response.status_code == 200


async def test_what_is_asked_for_and_not_done_is_told(stage: Stage) -> None:
    asked = body(_HELLO, domain=["general"])
    asked["input"] = [{"source": _HELLO, "audioDuration": 3.5}]
    asked["controlConfig"] = {"dataTracking": True}
    config = (await stage.infer(asked)).json()["config"]
    assert config["notApplied"] == ["audioDuration", "domain", "dataTracking"]
    assert config["dataTracking"] is False


@pytest.mark.parametrize(
    ("accept", "kind", "media"),
    [
        ("audio/wav", "wav", "audio/wav"),
        ("audio/x-wav", "wav", "audio/wav"),
        ("audio/mpeg", "mp3", "audio/mpeg"),
        ("audio/ogg", "ogg", "audio/ogg"),
        ("audio/flac", "flac", "audio/flac"),
        ("audio/*", "wav", "audio/wav"),
        ("application/json;q=0.5, audio/ogg", "ogg", "audio/ogg"),
    ],
)
async def test_sound_itself(stage: Stage, accept: str, kind: str, media: str) -> None:
    response = await stage.infer(body(_HELLO), accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == media
    assert response.headers["x-voice-id"] == "neural-hi-f"
    assert response.headers["x-voice-tier"] == "neural"
    assert kind_of(response.content) == kind
    sound = await sound_of(response.content)
    assert float(response.headers["x-audio-duration"]) == pytest.approx(sound.duration_s, abs=1e-3)
    assert [row["status"] for row in await stage.requests()] == ["completed"]


async def test_bare_samples_are_told_their_rate(stage: Stage) -> None:
    response = await stage.infer(body(_HELLO, samplingRate=8000), accept="audio/pcm")
    assert "rate=8000" in response.headers["content-type"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*", "audio/wav;q=0"])
async def test_json_is_what_others_get(stage: Stage, accept: str) -> None:
    response = await stage.infer(body(_HELLO), accept=accept)
    assert response.headers["content-type"] == "application/json"


async def test_format_that_the_header_and_the_config_agree_on(stage: Stage) -> None:
    response = await stage.infer(body(_HELLO, audioFormat="flac"), accept="audio/flac")
    assert kind_of(response.content) == "flac"


async def test_ulca_ignores_what_it_does_not_know(stage: Stage) -> None:
    asked = body(_HELLO, gender="male", numTokens=2, serviceId=None)
    asked["extra"] = {"a": 1}
    asked["controlConfig"] = None
    response = await stage.client.post(
        "/services/inference/tts", json=asked, headers={"accept": "audio/wav"}
    )
    assert response.status_code == 200
    assert response.json()["config"]["voiceId"] == "neural-hi-m"


async def test_ulca_service_id_of_the_address(stage: Stage) -> None:
    path = "/services/inference/tts?serviceId="
    known = await stage.client.post(path + ALIASES[0], json=body(_HELLO, serviceId="x"))
    unknown = await stage.client.post(path + "no/such", json=body(_HELLO))
    assert known.json()["config"]["serviceId"] == "neural"
    assert unknown.status_code == 422


async def test_json_needs_no_content_type(stage: Stage) -> None:
    asked = '{"input": [{"source": "hi"}], "config": {"language": {"sourceLanguage": "en"}}}'
    response = await stage.client.post(INFER, content=asked.encode())
    assert response.status_code == 200
