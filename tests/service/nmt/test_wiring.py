"""What the settings choose."""

from pathlib import Path

import httpx2
import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.nmt.app import create_app
from ai4v.services.nmt.settings import NmtSettings
from tests.service.nmt.stage import INFER, body, make_principal, make_settings, token
from tests.support.asgi import AppTransport, RunningApp
from tests.support.poll import until

_ADDRESS = "http://nmt:8089"


async def _ask(settings: NmtSettings, awaited_status: int) -> httpx2.Response:
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
                answers.append(await client.post(INFER, json=body("hello", source="auto")))
                message = answers[-1].json().get("detail", {}).get("message", "")
                return answers[-1].status_code == awaited_status and "loading" not in message

            await until(is_answered)
    return answers[-1]


async def test_memory_engines(nmt_url: str) -> None:
    settings = make_settings(nmt_url, translator_url="memory://", languageid_url="memory://")
    answer = await _ask(settings, 200)
    assert answer.json()["config"]["serviceId"] == "memory"


async def test_real_identifier(nmt_url: str) -> None:
    settings = make_settings(nmt_url, translator_url="memory://", languageid_url="langid://")
    answer = await _ask(settings, 200)
    assert answer.json()["output"][0]["sourceLanguage"] == "en"


async def test_missing_model_says_how_to_get_it(nmt_url: str, tmp_path: Path) -> None:
    answer = await _ask(make_settings(nmt_url, model_dir=tmp_path), 503)
    assert "ai4v models pull gemma-3-270m" in answer.json()["detail"]["message"]
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("translator_url", "abacus://base"),
        ("languageid_url", "nose://"),
        ("cache_url", "post://pigeon"),
        ("cache_url", ""),
    ],
)
def test_unknown_scheme_stops_the_start(name: str, value: str) -> None:
    settings = make_settings("postgresql+asyncpg://nowhere", **{name: value})
    with pytest.raises(SystemExit, match=f"{name.upper()} must begin with one of memory://"):
        create_app(settings)
