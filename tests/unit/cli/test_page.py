"""Every command that a page names is there, with the options that the page gives it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from tests.support.commandline import find_calls, find_command, parse
from tests.support.platform import REPOSITORY

_PAGES: Final = sorted(
    {REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"}
    | set((REPOSITORY / "docs").rglob("*.md"))
    | set((REPOSITORY / "src").rglob("README.md"))
    | set((REPOSITORY / "tests" / "data").rglob("README.md"))
)
_NAMES: Final = [str(page.relative_to(REPOSITORY)) for page in _PAGES]
_FENCED: Final = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"^ {4,}((?:\S.*)?\bai4v .*)$", re.MULTILINE)
_SPAN: Final = re.compile(r"`(ai4v [^`]+)`")
_ID: Final = "0198c0de-0000-7000-8000-000000000001"
_STANDS_FOR: Final = {"ID": _ID, "FILE": "README.md", "N": "1"}


def _list_lines(text: str) -> Iterator[str]:
    """Yield the lines of shell that a reader would paste, each whole."""
    for block in _FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if re.search(r"\bai4v ", line.partition(" #")[0]):
                yield line.partition(" #")[0]
    yield from _INDENTED.findall(_FENCED.sub("", text))


def _list_alternatives(span: str) -> Iterator[str]:
    """Yield `a b`, `a c` for `a b, c`; what may be left out is there without its brackets."""
    first, *others = re.sub(r"[\[\]]|\.\.\.", " ", span).split(", ")
    yield first
    stem = first.rpartition(" ")[0]
    yield from (f"{stem} {other}" for other in others)


def _check_span(call: list[str]) -> None:
    """Return when there is such a command, with all the options that are named."""
    command, rest = find_command(call)
    known = {"--help"} | {name for parameter in command.params for name in parameter.opts}
    assert {word for word in rest if re.match(r"--?[a-z]", word)} <= known
    assert not (isinstance(command, click.Group) and rest), f"{rest} in no group"


@pytest.mark.parametrize("name", _NAMES)
def test_what_is_to_be_pasted_parses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    for line in _list_lines((REPOSITORY / name).read_text("utf-8")):
        for call in find_calls(line):
            parse([_STANDS_FOR.get(word, word) for word in call])


@pytest.mark.parametrize("name", _NAMES)
def test_what_is_named_is_there(name: str) -> None:
    for span in _SPAN.findall((REPOSITORY / name).read_text("utf-8")):
        for line in _list_alternatives(span):
            for call in find_calls(line):
                _check_span(call)


def test_lines_are_found() -> None:
    page = Path(REPOSITORY, "README.md").read_text("utf-8")
    lines = list(_list_lines(page))
    assert 'ai4v speak "नमस्ते, आप कैसे हैं?" --language hi -o namaste.wav' in lines
    assert len(lines) >= 12
    assert len(_SPAN.findall(page)) >= 15
    assert list(_list_alternatives("ai4v logs [NAME] [-f]")) == ["ai4v logs  NAME   -f "]
    assert list(_list_alternatives("ai4v keys show, list")) == ["ai4v keys show", "ai4v keys list"]


@pytest.mark.parametrize("span", ["ai4v keys fly", "ai4v stop --now", "ai4v fly"])
def test_what_is_not_there_is_found_out(span: str) -> None:
    (call,) = find_calls(span)
    with pytest.raises((AssertionError, click.UsageError)):
        _check_span(call)


def test_a_line_that_goes_on_is_one() -> None:
    block = "```sh\nai4v speak x \\\n  --language hi  # says it\nls\n```\n\n    ai4v stop\n"
    assert list(_list_lines(block)) == ["ai4v speak x    --language hi ", "ai4v stop"]
