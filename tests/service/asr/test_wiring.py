"""What the settings choose."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.asr.app import create_app
from ai4v.services.asr.settings import AsrSettings
from tests.service.asr.stage import Stage, body, make_principal, make_settings, speech, token
from tests.support.asgi import AppTransport, RunningApp
from tests.support.poll import until

_ADDRESS = "http://asr:8087"


async def _ask(settings: AsrSettings, awaited_status: int) -> httpx2.Response:
    """Run the app with what its settings name; return its answer once it has that status."""
    transport = AppTransport()
    answers: list[httpx2.Response] = []
    headers = {TOKEN_HEADER: token(make_principal())}
    async with RunningApp(create_app(settings)) as running:
        transport.apps[_ADDRESS] = running
        async with httpx2.AsyncClient(
            transport=transport, base_url=_ADDRESS, headers=headers
        ) as client:

            async def is_answered() -> bool:
                answers.append(await client.post("/api/v1/asr/inference", json=body(speech())))
                message = answers[-1].json().get("detail", {}).get("message", "")
                return answers[-1].status_code == awaited_status and "loading" not in message

            await until(is_answered)
    return answers[-1]


async def test_memory_engines(asr_url: str) -> None:
    answer = await _ask(make_settings(asr_url, recognizer_url="memory://"), 200)
    assert answer.json()["config"]["serviceId"] == "memory"


async def test_missing_model_says_how_to_get_it(asr_url: str, tmp_path: Path) -> None:
    answer = await _ask(make_settings(asr_url, model_dir=tmp_path), 503)
    assert "ai4v models pull whisper-base" in answer.json()["detail"]["message"]
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("recognizer_url", "gramophone://base"), ("cache_url", "post://pigeon"), ("cache_url", "")],
)
def test_unknown_scheme_stops_the_start(name: str, value: str) -> None:
    settings = make_settings("postgresql+asyncpg://nowhere", **{name: value})
    with pytest.raises(SystemExit, match=f"{name.upper()} must begin with one of memory://"):
        create_app(settings)


async def test_body_that_never_ends_meets_the_deadline(stage: Stage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    response = await stage.client.post(
        "/api/v1/asr/inference", content=endless(), headers={"x-request-timeout-ms": "1000"}
    )
    assert response.status_code == 504
    assert await stage.requests() == []


async def test_client_that_leaves_during_its_upload_leaves_nothing(stage: Stage) -> None:
    sent = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        sent.set()
        await asyncio.Event().wait()

    call = asyncio.create_task(stage.client.post("/api/v1/asr/inference", content=endless()))
    await sent.wait()
    call.cancel()
    await asyncio.wait([call])
    if stage.running.exchanges:
        await asyncio.wait(stage.running.exchanges, timeout=5)
    assert await stage.requests() == []
    assert (await stage.infer(body(speech()))).status_code == 200
