"""Signing out at the command line: what is ended, and what is kept."""

from pathlib import Path

import pytest

from tests.support.session import SessionPlatform


@pytest.fixture
def platform(tmp_path: Path) -> SessionPlatform:
    return SessionPlatform(tmp_path)


@pytest.mark.parametrize(("options", "path"), [((), "/logout"), (("--everywhere",), "/logout/all")])
def test_signing_out_forgets_the_session(
    platform: SessionPlatform, options: tuple[str, ...], path: str
) -> None:
    platform.sign_in()
    assert platform.run("logout", *options).exit_code == 0
    assert platform.asked[-1] == ("POST", path, "Bearer access-1")
    assert not platform.file.exists()


@pytest.mark.parametrize("lifetime_s", [900, 0])
def test_signing_out_of_a_session_that_has_ended_forgets_it(
    platform: SessionPlatform, lifetime_s: int
) -> None:
    platform.lifetime_s = lifetime_s
    platform.sign_in()
    platform.end_sessions()
    result = platform.run("logout")
    assert (result.exit_code, result.output) == (0, "signed out\n")
    assert not platform.file.exists()


def test_a_session_that_has_ended_cannot_end_the_others(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.end_sessions()
    assert "ai4v login, then ai4v logout --everywhere" in platform.fail("logout", "--everywhere")
    assert not platform.file.exists()


def test_a_session_whose_token_is_refused_is_ended_all_the_same(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.end_sessions(is_key_dropped=True)
    assert platform.run("logout").exit_code == 0
    assert platform.asked[-1] == ("POST", "/logout", "Bearer access-2")
    assert not platform.file.exists()


def test_a_session_is_kept_while_the_platform_cannot_be_asked(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.is_down = True
    message = platform.fail("logout")
    assert "nothing answers at http://gateway" in message
    assert "ai4v logout --forget" in message
    assert platform.file.exists()


def test_a_session_is_forgotten_at_will(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.is_down = True
    result = platform.run("logout", "--forget")
    assert (result.exit_code, result.stdout) == (0, "signed out\n")
    assert "forgotten here, but not ended: nothing answers at" in result.stderr
    assert not platform.file.exists()
