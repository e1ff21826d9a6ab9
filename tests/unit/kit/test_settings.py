from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from ai4v.kit.settings import DatabaseSettings, ServiceSettings
from tests.support.seal import SECRET

NEEDED = {
    "PORT": "8087",
    "CACHE_URL": "memory://",
    "INTERNAL_PUBLIC_KEY": "public",
    "IDENTITY_SECRET": SECRET.get_secret_value(),
}


class AsrSettings(ServiceSettings):
    service: ClassVar[str] = "asr"


class StoredSettings(DatabaseSettings):
    service: ClassVar[str] = "asr"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI4V_SECRETS_DIR", raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"AI4V_{name}", value)


def test_the_common_name_is_enough() -> None:
    assert AsrSettings.load().port == 8087


def test_the_services_own_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI4V_ASR_PORT", "9000")
    monkeypatch.setenv("AI4V_TTS_PORT", "9001")
    assert AsrSettings.load().port == 9000


def test_an_argument_comes_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI4V_ASR_PORT", "9000")
    settings = AsrSettings(
        port=1,
        cache_url=SecretStr("x://"),
        internal_public_key=SecretStr("key"),
        identity_secret=SECRET,
    )
    assert settings.port == 1


def test_a_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ai4v_internal_public_key").write_text("common\n")
    monkeypatch.delenv("AI4V_INTERNAL_PUBLIC_KEY")
    monkeypatch.setenv("AI4V_SECRETS_DIR", str(tmp_path))
    assert AsrSettings.load().internal_public_key.get_secret_value() == "common"
    (tmp_path / "ai4v_asr_internal_public_key").write_text("own")
    assert AsrSettings.load().internal_public_key.get_secret_value() == "own"


def test_what_is_missing_is_named_and_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AI4V_INTERNAL_PUBLIC_KEY")
    monkeypatch.setenv("AI4V_PORT", "many")
    with pytest.raises(SystemExit) as ended:
        StoredSettings.load()
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    for name in ("INTERNAL_PUBLIC_KEY", "DATABASE_URL", "PORT"):
        assert any(
            f"asr cannot start: AI4V_ASR_{name} (or AI4V_{name}): " in line for line in lines
        )
    assert "many" not in "".join(lines)


@pytest.mark.parametrize("value", [None, "", "changeme", f"{'x' * 32} changeme"])
def test_without_a_good_identity_secret_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str | None
) -> None:
    monkeypatch.delenv("AI4V_IDENTITY_SECRET")
    if value is not None:
        monkeypatch.setenv("AI4V_IDENTITY_SECRET", value)
    with pytest.raises(SystemExit):
        AsrSettings.load()
    line = capsys.readouterr().err
    assert "asr cannot start: AI4V_ASR_IDENTITY_SECRET (or AI4V_IDENTITY_SECRET): " in line
    assert "changeme" not in line


def test_secrets_are_not_shown() -> None:
    assert "public" not in repr(AsrSettings.load()).replace("internal_public_key", "")


@pytest.mark.parametrize(
    ("advertised", "url"), [("", "http://127.0.0.1:8087"), ("http://asr:1", "http://asr:1")]
)
def test_where_others_find_it(monkeypatch: pytest.MonkeyPatch, advertised: str, url: str) -> None:
    monkeypatch.setenv("AI4V_ADVERTISED_URL", advertised)
    assert AsrSettings.load().base_url == url
