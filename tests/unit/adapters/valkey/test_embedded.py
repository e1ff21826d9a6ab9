"""How the server that comes as a wheel is run."""

import stat
from pathlib import Path

import pytest

from ai4v.adapters.valkey.embedded import find_server, prepare


def _lines(folder: Path) -> list[str]:
    return (folder / "valkey.conf").read_text(encoding="utf-8").splitlines()


def test_the_wheel_holds_a_server() -> None:
    assert find_server().stat().st_mode & stat.S_IXUSR


def test_the_command_names_the_server_and_its_configuration_only(tmp_path: Path) -> None:
    command = prepare(tmp_path / "data", port=6_381, password="secret")
    assert command == (str(find_server()), str(tmp_path / "data" / "valkey.conf"))


def test_the_configuration_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    prepare(folder, port=6_381, password="secret")
    (folder / "valkey.conf").chmod(0o644)
    prepare(folder, port=6_381, password="secret")
    assert stat.S_IMODE((folder / "valkey.conf").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_is_closed_to_others_and_keeps_what_it_is_given(tmp_path: Path) -> None:
    prepare(tmp_path, port=6_381, password="secret")
    assert set(_lines(tmp_path)) >= {
        "bind 127.0.0.1",
        "port 6381",
        "protected-mode yes",
        'requirepass "secret"',
        "appendonly yes",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
        "io-threads 1",
        f'dir "{tmp_path}"',
    }


def test_a_password_is_quoted(tmp_path: Path) -> None:
    prepare(tmp_path, port=6_381, password='a "b" \\ c')
    assert 'requirepass "a \\"b\\" \\\\ c"' in _lines(tmp_path)


@pytest.mark.parametrize("password", ["", "two\nlines", "two\rlines"])
def test_a_password_that_would_write_another_setting_is_refused(
    tmp_path: Path, password: str
) -> None:
    with pytest.raises(ValueError, match="one line"):
        prepare(tmp_path, port=6_381, password=password)
