"""Speech as it is made: early, as the whole file would sound, and cut off when it cannot go on."""

import asyncio
import base64

import httpx2
import pytest
from structlog.testing import capture_logs

from ai4v.adapters.memory.synthesizer import MemoryTrouble
from ai4v.contracts.error import PlatformError
from ai4v.ports.synthesizer import SynthesizerDeadlineError, SynthesizerUnavailableError
from tests.service.tts.stage import STREAM, Stage, body, configured, make_settings, open_stage
from tests.support.link import linked
from tests.support.poll import until

_FIRST, _SECOND, _THIRD = "राम आया।", "सीता गई।", "वे खुश हैं।"
_TEXT = f"{_FIRST} {_SECOND} {_THIRD}"
_HEAD_BYTES = 44


async def test_first_sound_comes_before_the_second_piece_is_spoken(stage: Stage) -> None:
    hold = stage.neural.hold_of[_SECOND] = asyncio.Event()
    async with stage.stream(body(_TEXT)) as response:
        assert response.status_code == 200
        chunks = response.aiter_raw()
        first = await anext(chunks)
        assert first[:4] == b"RIFF"
        assert len(first) > _HEAD_BYTES + 24_000 * 2 * 0.1
        assert [passage.text for passage in stage.neural.spoken] == [_FIRST]
        assert await stage.status() == [("started", None)]
        hold.set()
        rest = [chunk async for chunk in chunks]
    assert len(rest) == 2
    assert [call.text for call in stage.calls] == [_FIRST, _SECOND, _THIRD]


@pytest.mark.parametrize("config", [{}, {"speed": 1.5, "supportedVoice": "rules-hi-m"}])
async def test_sound_is_that_of_inference(stage: Stage, config: dict[str, object]) -> None:
    asked = configured(_TEXT + "\n" + _TEXT, config)
    whole = (await stage.infer(asked)).json()
    response = await stage.client.post(STREAM, json=asked)
    file = base64.b64decode(whole["audio"][0]["audioContent"])
    assert response.content[_HEAD_BYTES:] == file[_HEAD_BYTES:]
    assert response.headers["content-type"] == "audio/wav"
    assert response.headers["x-voice-id"] == whole["config"]["voiceId"]
    assert response.headers["x-voice-tier"] == whole["config"]["tier"]
    assert "content-length" not in response.headers


async def test_slow_voice_begins_with_a_part_of_a_long_sentence(stage: Stage) -> None:
    parts = ["डॉक्टर ने परिवार को बताया", "कि मरीज़ कुछ दिनों में ठीक हो जाएगा।"]
    text = " ".join(parts)
    await stage.client.post(STREAM, json=body(text))
    assert [passage.text for passage in stage.neural.spoken] == parts
    await stage.infer(body(text))
    assert [passage.text for passage in stage.neural.spoken] == [*parts, text]
    await stage.client.post(STREAM, json=body(text, supportedVoice="rules-hi-m"))
    assert [passage.text for passage in stage.rules.spoken] == [text]


@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
async def test_sampling_rate(stage: Stage, rate_hz: int) -> None:
    whole = await stage.infer(body(_TEXT))
    response = await stage.client.post(STREAM, json=body(_TEXT, samplingRate=rate_hz))
    assert int.from_bytes(response.content[24:28], "little") == rate_hz
    seconds = (len(response.content) - _HEAD_BYTES) / 2 / rate_hz
    assert seconds == pytest.approx(whole.json()["audio"][0]["audioDuration"], abs=1e-3)


@pytest.mark.parametrize(
    ("config", "headers"),
    [({"audioFormat": "pcm"}, {}), ({}, {"accept": "audio/pcm"})],
)
async def test_bare_samples(
    stage: Stage, config: dict[str, object], headers: dict[str, str]
) -> None:
    wav = await stage.client.post(STREAM, json=body(_TEXT))
    pcm = await stage.client.post(STREAM, json=configured(_TEXT, config), headers=headers)
    assert pcm.content == wav.content[_HEAD_BYTES:]
    assert pcm.headers["content-type"].startswith("audio/pcm;rate=24000;")


@pytest.mark.parametrize(
    ("asked", "accept", "path", "message"),
    [
        (body(_FIRST, _SECOND), "*/*", "input", "one item"),
        (body(_FIRST, audioFormat="mp3"), "*/*", "config.audioFormat", "wav or pcm"),
        (body(_FIRST, audioFormat="wav"), "audio/pcm", "config.audioFormat", "the same"),
        (body(_FIRST), "application/json", "accept", "audio/wav or audio/pcm"),
        (body("!!!"), "*/*", "input.0.source", "nothing in it"),
        (body(_FIRST, surprise=1), "*/*", "config.surprise", "not permitted"),
    ],
)
async def test_refusal(
    stage: Stage, asked: dict[str, object], accept: str, path: str, message: str
) -> None:
    response = await stage.client.post(STREAM, json=asked, headers={"accept": accept})
    assert response.status_code == 422
    (error,) = response.json()["detail"]["errors"]
    assert error["path"] == path
    assert message in error["message"]
    assert await stage.requests() == []
    assert stage.calls == []


async def test_result_is_recorded_before_the_last_sound_is_sent(stage: Stage) -> None:
    async with stage.stream(body(_FIRST)) as response:
        await anext(response.aiter_raw())
        (row,) = await stage.requests()
        assert (row["status"], row["item_count"]) == ("completed", 1)
    (result,) = await stage.results(row["id"])
    assert result["characters"] == len(_FIRST)
    assert result["audio_s"] > 0
    assert result["processing_s"] > 0


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (SynthesizerUnavailableError("died"), 503),
        (SynthesizerDeadlineError("late"), 504),
        (ValueError("would last too long"), 422),
    ],
)
async def test_failure_before_the_first_sound_is_told(
    stage: Stage, failure: Exception, status: int
) -> None:
    stage.neural.failure = failure
    response = await stage.client.post(STREAM, json=body(_TEXT))
    assert response.status_code == status
    code = response.json()["detail"]["code"]
    assert await stage.status() == [("failed", code)]


async def test_silence_is_no_success(stage: Stage) -> None:
    stage.neural.is_silent = True
    response = await stage.client.post(STREAM, json=body(_TEXT))
    assert response.status_code == 422
    assert "no sound" in response.json()["detail"]["message"]
    assert await stage.status() == [("failed", "VALIDATION_ERROR")]


async def test_deadline_before_the_first_sound(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    headers = {"x-request-timeout-ms": "1500"}
    response = await stage.client.post(STREAM, json=body(_TEXT), headers=headers)
    assert response.status_code == 504
    assert await stage.status() == [("failed", "DEADLINE_EXCEEDED")]
    assert stage.neural.inside == 0


async def test_failure_after_the_first_sound_cuts_the_connection(stage: Stage) -> None:
    stage.neural.trouble = MemoryTrouble(deadly_text=_SECOND)
    with capture_logs() as logs:
        async with stage.stream(body(_TEXT)) as response:
            assert response.status_code == 200
            chunks = response.aiter_raw()
            await anext(chunks)
            with pytest.raises(httpx2.RemoteProtocolError):
                await anext(chunks)
    assert await stage.status() == [("failed", "SERVICE_UNAVAILABLE")]
    (broken,) = [log for log in logs if log["log_level"] == "warning"]
    assert broken["code"] == "SERVICE_UNAVAILABLE"
    assert not any(text in str(logs) for text in (_FIRST, _SECOND))


async def test_surprise_after_the_first_sound_cuts_the_connection(stage: Stage) -> None:
    hold = stage.neural.hold_of[_SECOND] = asyncio.Event()
    async with stage.stream(body(_TEXT)) as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        stage.neural.failure = KeyError("odd")
        hold.set()
        with capture_logs(), pytest.raises(httpx2.RemoteProtocolError):
            await anext(chunks)
    assert stage.running.surprises == [stage.neural.failure]
    stage.running.surprises.clear()
    assert await stage.status() == [("failed", PlatformError.code)]


async def test_deadline_after_the_first_sound_cuts_the_connection(stage: Stage) -> None:
    stage.neural.hold_of[_SECOND] = asyncio.Event()
    async with stage.stream(body(_TEXT), **{"x-request-timeout-ms": "1500"}) as response:
        chunks = response.aiter_raw()
        await anext(chunks)
        with pytest.raises(httpx2.RemoteProtocolError):
            await anext(chunks)
    assert await stage.status() == [("failed", "DEADLINE_EXCEEDED")]
    assert stage.neural.cancelled == 1


async def test_result_that_cannot_be_stored_cuts_the_connection(tts_url: str) -> None:
    async with linked(tts_url) as (link, url), open_stage(make_settings(url)) as stage:
        hold = stage.neural.hold_of[_THIRD] = asyncio.Event()
        async with stage.stream(body(_TEXT)) as response:
            chunks = response.aiter_raw()
            await anext(chunks)
            await anext(chunks)
            await link.cut()
            hold.set()
            with pytest.raises(httpx2.RemoteProtocolError):
                await anext(chunks)


async def test_client_that_leaves_frees_the_engine(tts_url: str) -> None:
    async with open_stage(make_settings(tts_url, queue_limit=1)) as stage:
        stage.neural.hold_of[_SECOND] = asyncio.Event()
        async with stage.stream(body(_TEXT)) as response:
            await anext(response.aiter_raw())

            async def second_is_asked() -> bool:
                return len(stage.calls) == 2

            await until(second_is_asked)
        await stage.until_idle()
        assert await stage.status() == [("cancelled", None)]
        assert (stage.neural.cancelled, stage.neural.inside) == (1, 0)
        assert (await stage.infer(body(_FIRST))).status_code == 200


async def test_client_that_leaves_before_the_first_sound(stage: Stage) -> None:
    stage.neural.hold = asyncio.Event()
    call = asyncio.create_task(stage.client.post(STREAM, json=body(_TEXT)))
    await stage.neural.is_called.wait()
    call.cancel()
    await asyncio.wait([call])
    await stage.until_idle()
    assert await stage.status() == [("cancelled", None)]
    assert stage.neural.cancelled == 1


async def test_place_is_held_until_the_end(tts_url: str) -> None:
    async with open_stage(make_settings(tts_url, queue_limit=1)) as stage:
        hold = stage.neural.hold_of[_SECOND] = asyncio.Event()
        async with stage.stream(body(_TEXT)) as response:
            chunks = response.aiter_raw()
            await anext(chunks)
            assert (await stage.infer(body(_FIRST))).status_code == 503
            hold.set()
            assert len([chunk async for chunk in chunks]) == 2
        await stage.until_idle()
        assert (await stage.infer(body(_FIRST))).status_code == 200


async def test_slow_reader_is_waited_for(stage: Stage) -> None:
    backlog = 4  # of the transport, which stands for a socket's buffers
    being_sent, ahead = 1, 1
    async with stage.stream(body(" ".join([_FIRST] * 20))) as response:

        async def is_stuck() -> bool:
            return len(stage.neural.spoken) == backlog + being_sent + ahead

        await until(is_stuck)
        read = 0
        async for _ in response.aiter_raw():
            read += 1
            assert len(stage.calls) <= read + backlog + being_sent + ahead
    assert read == len(stage.calls) == 20
    assert await stage.status() == [("completed", None)]


async def test_the_cost_is_told_before_the_sound(stage: Stage) -> None:
    response = await stage.client.post(STREAM, json=body(_TEXT))
    assert response.headers["x-ai4v-cost"] == f"audio_s=0.000;characters={len(_TEXT)}"
