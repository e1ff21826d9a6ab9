import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.contracts.error import NotFoundError
from ai4v.services.gateway.passage.path import read_path, spell_target


def scope(path: str, raw: bytes | None = None) -> dict[str, object]:
    return {"path": path, "raw_path": path.encode() if raw is None else raw}


@pytest.mark.parametrize(
    "path", ["/", "/a", "/a/b.c", "/a/b/", "/हिन्दी", "/a/...", "/a/.b", "/a:b@c"]
)
def test_plain_paths_are_read(path: str) -> None:
    assert read_path(scope(path)) == path


@pytest.mark.parametrize(
    "path", ["//", "/a//b", "/..", "/a/../b", "/a/.", "/a/./b", "/a\\b", "/a\0", "/a\n", "/%2e"]
)
def test_paths_with_two_readings_are_refused(path: str) -> None:
    with pytest.raises(NotFoundError):
        read_path(scope(path))


@pytest.mark.parametrize("raw", [b"/a%2Fb", b"/a%2fb", b"/a%5cb", b"/a%5Cb"])
def test_hidden_separators_are_refused(raw: bytes) -> None:
    with pytest.raises(NotFoundError):
        read_path(scope("/a/b", raw))


def test_a_server_without_raw_path_is_enough() -> None:
    assert read_path({"path": "/a"}) == "/a"


def test_the_target_is_spelled_one_way() -> None:
    assert spell_target("/a b/ह", b"") == b"/a%20b/%E0%A4%B9"
    assert spell_target("/a?b", b'x=1&y=%20\xff"') == b"/a%3Fb?x=1&y=%20%FF%22"


@given(st.text(), st.binary())
def test_a_target_is_ascii_without_controls(path: str, query: bytes) -> None:
    try:
        target = spell_target(path, query)
    except UnicodeEncodeError:
        return
    assert target.isascii()
    assert b" " not in target
    assert target.decode().isprintable()
