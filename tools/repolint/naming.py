"""Rules on the names of modules and folders (design rule 1)."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_EMPTY_NAMES: Final = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
)
_FIXED_NAMES: Final = frozenset(
    # the layers and folders of the repository
    {"contracts", "ports", "adapters", "services", "tests", "tools", "migrations", "versions"}
    # the files that mean the same in every service
    | {"settings", "routes", "tables", "events", "segments", "subtitles"}
    # names of services and of the field
    | {"metrics", "numtowords", "tts"}
)
_SINGULAR_ENDINGS: Final = ("ss", "us", "is", "as", "os")
_SINGULAR_WORDS: Final = frozenset({"postgres", "series", "timeseries", "lens", "https", "dns"})


def check_name(tree: Tree) -> Iterator[Finding]:
    """Find modules and folders with a name that says nothing, and those in the plural."""
    seen: set[str] = set()
    for path in tree.under("src/ai4v/", "tests/", "tools/", "bench/"):
        pure = PurePosixPath(path)
        for part in (pure, *pure.parents):
            if part.name and str(part) not in seen:
                seen.add(str(part))
                yield from _check_part(part)


def _check_part(part: PurePosixPath) -> Iterator[Finding]:
    name = part.stem.removeprefix("test_")
    words = name.split("_")
    if _EMPTY_NAMES.intersection(words):
        yield Finding(str(part), 0, f"{name} says nothing: name it for what it computes")
    if _is_plural(name) and _is_plural(words[-1]):
        yield Finding(str(part), 0, f"{name} is a plural: modules and folders are singular nouns")


def _is_plural(word: str) -> bool:
    return (
        word.endswith("s")
        and not word.endswith(("__", *_SINGULAR_ENDINGS))
        and word not in _FIXED_NAMES | _SINGULAR_WORDS
    )
