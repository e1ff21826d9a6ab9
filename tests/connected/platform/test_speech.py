"""Speech becomes text through everything: command, gateway, key, engine and database."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import jiwer
import psutil
import pytest

from ai4v.contracts.language import SCRIPTS
from tests.connected.platform.client import (
    INFERENCE,
    fetch_statuses,
    open_client,
    read_file,
    transcribe,
)
from tests.support.platform import Platform
from tests.support.speech_corpus import join_clips, normalize_hindi

pytestmark = pytest.mark.connected

_CLIP = Path(__file__).resolve().parents[2] / "data" / "speech" / "hi" / "02.ogg"
_WORDS = "आज मौसम बहुत अच्छा है, चलो बाहर घूमने चलते हैं।"
_MOST_MIB = 3_000
_LONG_S = 600
_LONG_TIMEOUT_MS = 300_000


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(platform, platform.first_run.api_key) as opened:
        yield opened


def test_command_writes_the_transcript_in_its_script(platform: Platform) -> None:
    environment = {"AI4V_API_KEY": platform.first_run.api_key}
    done = platform.run("transcribe", str(_CLIP), "--language", "hi", environment=environment)
    assert done.returncode == 0, done.stderr
    assert jiwer.cer(_WORDS, done.stdout.strip()) <= 0.3
    assert all(SCRIPTS["Deva"].owns(letter) for letter in done.stdout if letter.isalpha())


async def test_answer_is_on_record(platform: Platform, client: httpx2.AsyncClient) -> None:
    answer = await transcribe(client, read_file("01.ogg"))
    assert answer.status_code == 200
    own = (await client.get("/api/v1/asr/requests")).json()
    statuses = await fetch_statuses(platform)
    assert statuses[answer.headers["x-request-id"]] == "completed"
    assert answer.headers["x-request-id"] in json.dumps(own)


async def test_long_file_is_heard_whole_in_bounded_memory(
    platform: Platform, client: httpx2.AsyncClient
) -> None:
    content, words = join_clips("hi", _LONG_S)
    answer = await client.post(
        INFERENCE,
        files={"file": ("long.flac", content)},
        data={"language": "hi"},
        headers={"x-request-timeout-ms": str(_LONG_TIMEOUT_MS)},
        timeout=_LONG_TIMEOUT_MS / 1000,
    )
    assert answer.status_code == 200, answer.text
    item = answer.json()["output"][0]
    assert jiwer.cer(normalize_hindi(words), normalize_hindi(item["source"])) <= 0.3
    assert item["segments"][-1]["end"] == pytest.approx(_LONG_S, abs=15)
    assert sum(_pss_mib(process) for process in platform.find_family()) <= _MOST_MIB


def _pss_mib(process: psutil.Process) -> float:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if "Pss:" in line)
