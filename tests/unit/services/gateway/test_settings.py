import pytest
from pydantic import ValidationError

from ai4v.services.gateway.settings import GatewaySettings
from tests.support.seal import SECRET

NEEDED = {
    "CACHE_URL": "memory://",
    "INTERNAL_PUBLIC_KEY": "public",
    "INTERNAL_PRIVATE_KEY": "private",
    "IDENTITY_SECRET": SECRET.get_secret_value(),
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"AI4V_{name}", value)


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI4V_GATEWAY_CORS_ORIGINS", "https://a.example, http://localhost:3000,")
    monkeypatch.setenv("AI4V_GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8,::1")
    settings = GatewaySettings.load()
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_nobody_is_trusted_by_default() -> None:
    settings = GatewaySettings.load()
    assert (settings.cors_origins, settings.trusted_proxies, settings.port) == ((), (), 8080)


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*", "https://*.example", "example.org", "https://a/", "ftp://a", "null"],
)
def test_what_is_no_exact_origin_stops_the_start(origin: str) -> None:
    with pytest.raises(ValidationError, match="origin"):
        GatewaySettings.model_validate(
            {name.lower(): value for name, value in NEEDED.items()} | {"cors_origins": origin}
        )


def test_the_private_key_is_needed_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AI4V_INTERNAL_PRIVATE_KEY")
    with pytest.raises(SystemExit):
        GatewaySettings.load()
    assert (
        "AI4V_GATEWAY_INTERNAL_PRIVATE_KEY (or AI4V_INTERNAL_PRIVATE_KEY)"
        in capsys.readouterr().err
    )
