"""What the settings choose."""

import pytest

from ai4v.kit.identity import TOKEN_HEADER
from ai4v.services.tts.app import create_app
from tests.service.tts.stage import (
    INFER,
    body,
    client_of,
    make_principal,
    make_settings,
    token,
)
from tests.support.asgi import RunningApp
from tests.support.poll import until


async def test_memory_engines(tts_url: str) -> None:
    settings = make_settings(tts_url, synthesizer_urls=("memory://",))
    headers = {TOKEN_HEADER: token(make_principal())}
    async with RunningApp(create_app(settings)) as running, client_of(running, headers) as client:

        async def is_spoken() -> bool:
            response = await client.post(INFER, json=body("नमस्ते"))
            return bool(response.status_code == 200)

        await until(is_spoken)


@pytest.mark.parametrize(
    ("name", "value", "variable"),
    [
        ("synthesizer_urls", ("espeak://", "gramophone://1"), "AI4V_TTS_SYNTHESIZER_URLS"),
        ("cache_url", "post://pigeon", "AI4V_CACHE_URL"),
    ],
)
def test_unknown_scheme_stops_the_start(name: str, value: object, variable: str) -> None:
    settings = make_settings("postgresql+asyncpg://nowhere", **{name: value})
    with pytest.raises(SystemExit, match=f"{variable} must begin with one of "):
        create_app(settings)
