"""Packed bodies are packed bytes to every service: none is unpacked (security 23)."""

import gzip
import tracemalloc

import pytest

from ai4v.contracts.identity import FirstRun
from tests.support.system import Platform, start_workers

_PATHS = (
    "/api/v1/auth/keys",
    "/api/v1/asr/inference",
    "/api/v1/tts/inference",
    "/api/v1/nmt/inference",
    "/api/v1/pipeline/inference",
    "/services/inference/pipeline",
)
_UNPACKED = 32 << 20
_BOMB = gzip.compress(b" " * _UNPACKED)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
async def test_a_packed_body_is_no_json_and_is_not_unpacked(
    platform: Platform, first_run: FirstRun, encoding: str
) -> None:
    await start_workers(platform)
    headers = {
        "authorization": f"Bearer {first_run.api_key}",
        "content-type": "application/json",
        "content-encoding": encoding,
    }
    tracemalloc.start()
    for path in _PATHS:
        answer = await platform.client.post(path, content=_BOMB, headers=headers)
        assert answer.status_code in {400, 415, 422}, (path, answer.text)
        assert answer.json()["detail"]["requestId"] == answer.headers["x-request-id"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < _UNPACKED / 2
