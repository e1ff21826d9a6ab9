"""Rotating the signing key: the file changes when the service has taken it up, and not before."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result

from ai4v.cli.failure import CommandError
from ai4v.cli.main import root
from ai4v.cli.secret import make_private_key
from ai4v.cli.signingkey import FILE
from tests.support.gateway import refuse
from tests.support.key import KeyPair

_Answer = Callable[[httpx2.Request], httpx2.Response]


def _rotate(folder: Path, answer: _Answer, *options: str) -> Result:
    environment = {
        "AI4V_DATA_DIR": str(folder),
        "AI4V_SECRETS_DIR": str(folder),
        "AI4V_GATEWAY_INTERNAL_PRIVATE_KEY": KeyPair().private.get_secret_value(),
    }
    arguments = ["admin", "rotate-signing-key", *options]
    return CliRunner(env=environment).invoke(root, arguments, obj=httpx2.MockTransport(answer))


def _take_up(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json={"key_ids": ["new", "old"]})


def _be_down(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


def _refuse(_: httpx2.Request) -> httpx2.Response:
    return refuse(422, "the secret cannot be read")


def _interrupt(_: httpx2.Request) -> httpx2.Response:
    raise KeyboardInterrupt


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / FILE
    path.write_text(make_private_key())
    return path


@pytest.mark.parametrize("options", [(), ("--leaked",)])
@pytest.mark.parametrize(
    ("fail", "message"),
    [(_be_down, "nothing answers at .*ai4v up"), (_refuse, "the secret cannot be read")],
)
def test_what_failed_changed_nothing_and_can_be_done_again(
    file: Path, fail: _Answer, message: str, options: tuple[str, ...]
) -> None:
    before = file.read_text()
    for _ in range(2):
        error = _rotate(file.parent, fail, *options).exception
        assert isinstance(error, CommandError)
        with pytest.raises(CommandError, match=f"{message}.*\nthe signing key was not changed$"):
            raise error
        assert file.read_text() == before
    result = _rotate(file.parent, _take_up, *options)
    assert (result.exit_code, result.output) == (0, "signs   new\nchecks  old\n")
    assert file.read_text() != before
    assert (before in file.read_text()) == (not options)


def test_who_interrupts_it_has_changed_nothing(file: Path) -> None:
    before = file.read_text()
    assert _rotate(file.parent, _interrupt).exit_code == 1
    assert file.read_text() == before


def test_a_refused_rotation_keeps_the_file(file: Path) -> None:
    for _ in range(2):
        _rotate(file.parent, _take_up)
    before = file.read_text()
    assert "less than 15 minutes ago" in str(_rotate(file.parent, _take_up).exception)
    assert file.read_text() == before
