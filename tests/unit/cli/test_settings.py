from pathlib import Path

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.settings import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - handed on, not bound


class TestLoad:
    def test_data_dir_of_a_user_is_in_their_data_folder(self) -> None:
        settings = Settings.load({"XDG_DATA_HOME": "/data"})
        assert settings.data_dir in (Path("/data/ai4v"), Path("/var/lib/ai4v"))
        assert settings.model_dir == settings.data_dir / "model"

    def test_variables_win_over_defaults(self) -> None:
        settings = Settings.load(
            {
                "AI4V_DATA_DIR": "/somewhere",
                "AI4V_MODEL_DIR": "/models",
                "AI4V_PORT_SHIFT": "10000",
                "AI4V_BIND": EVERYWHERE,
                "AI4V_GATEWAY_URL": "https://speech.example.org/",
            }
        )
        assert settings.data_dir == Path("/somewhere")
        assert settings.model_dir == Path("/models")
        assert settings.port_shift == 10_000
        assert settings.bind == EVERYWHERE
        assert settings.gateway_url == "https://speech.example.org"

    def test_empty_variables_are_as_if_absent(self) -> None:
        settings = Settings.load({"AI4V_PORT_SHIFT": "", "AI4V_BIND": "", "AI4V_DATA_DIR": "/d"})
        assert (settings.port_shift, settings.bind) == (0, "127.0.0.1")

    def test_shift_that_is_no_number_is_refused(self) -> None:
        with pytest.raises(CommandError, match="AI4V_PORT_SHIFT is not a whole number: ten"):
            Settings.load({"AI4V_PORT_SHIFT": "ten"})

    @pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf", "86401"])
    def test_time_limit_that_is_none_is_refused(self, text: str) -> None:
        assert Settings.load({"AI4V_TIMEOUT_S": "1.5"}).timeout_s == 1.5
        assert Settings.load({}).timeout_s == 300.0
        with pytest.raises(CommandError, match=f"AI4V_TIMEOUT_S is not 1 to 86400 .*: {text}"):
            Settings.load({"AI4V_TIMEOUT_S": text})

    def test_secrets_are_not_in_its_representation(self) -> None:
        shown = repr(Settings.load({"AI4V_API_KEY": "k-1", "AI4V_ADMIN_PASSWORD": "p-1"}))
        assert "k-1" not in shown
        assert "p-1" not in shown


class TestReadSecret:
    def test_variable_wins_over_file(self, tmp_path: Path) -> None:
        (tmp_path / "ai4v_cache_url").write_text("from file\n")
        values = {"AI4V_SECRETS_DIR": str(tmp_path)}
        assert Settings.load(values).read_secret("AI4V_CACHE_URL") == "from file"
        values |= {"AI4V_CACHE_URL": "from variable"}
        assert Settings.load(values).read_secret("AI4V_CACHE_URL") == "from variable"

    def test_folder_is_in_the_data_folder_by_default(self, tmp_path: Path) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "ai4v_cache_url").write_text("own")
        settings = Settings.load({"AI4V_DATA_DIR": str(tmp_path)})
        assert settings.read_secret("AI4V_CACHE_URL") == "own"
        assert settings.read_secret("AI4V_DATABASE_URL") == ""
