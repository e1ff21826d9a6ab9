import pytest
from pydantic import SecretStr

from ai4v.services.gateway.app import choose_adapters, create_app
from ai4v.services.gateway.settings import GatewaySettings
from tests.support.seal import SECRET


def settings(cache_url: str) -> GatewaySettings:
    return GatewaySettings(
        cache_url=SecretStr(cache_url),
        internal_public_key=SecretStr("x"),
        internal_private_key=SecretStr("x"),
        identity_secret=SECRET,
    )


def test_an_unknown_scheme_stops_the_start() -> None:
    with pytest.raises(SystemExit, match=r"memory://.*valkey://") as refused:
        create_app(settings("oracle://secret@host"))
    assert "secret" not in str(refused.value)


async def test_memory_is_a_scheme() -> None:
    async with choose_adapters(settings("memory://"))() as adapters:
        await adapters.cache.ping()
