"""Bytes that claim to be sound, through the decoder that the service really uses."""

import pytest

from ai4v.adapters.sndfile.codec import SndfileCodec
from tests.service.asr.stage import body, make_settings, open_stage, speech
from tests.support.hostile_audio import hostile_audio

pytestmark = pytest.mark.connected


async def test_every_hostile_file_is_refused_with_its_code(asr_url: str) -> None:
    codec = SndfileCodec()
    await codec.start()
    wrong = []
    async with open_stage(make_settings(asr_url), codec=codec) as stage:
        for case in hostile_audio():
            response = await stage.infer(body(speech(1.0), case.content, speech(1.0)))
            if response.status_code == 200:
                wrong.append((case.name, "taken"))
                continue
            detail = response.json()["detail"]
            paths = [error["path"] for error in detail["errors"]]
            if (detail["code"], paths) != (case.code, ["audio.1.audioContent"]):
                wrong.append((case.name, detail["code"]))
        statuses = {row["status"] for row in await stage.requests()}
        assert (await stage.infer(body(speech()))).status_code == 200
    await codec.close()
    assert wrong == []
    assert statuses == {"failed"}
