"""The rule on licences: the default install carries nothing GPL and nothing non-commercial."""

import re
from collections.abc import Callable, Iterator
from email.message import Message
from importlib import metadata
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_LOCK: Final = "requirements/runtime.txt"
_PINNED: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)==")
_FREE: Final = re.compile(
    r"\b(?:MIT|BSD|0BSD|Apache|ISC|PSF|MPL|Mozilla Public|Zlib|CC0|Unlicense|HPND)\b", re.IGNORECASE
)
_REFUSED: Final = re.compile(
    r"\bA?GPL|Affero|(?<!Lesser )General Public|Non-?Commercial|\bNC\b", re.IGNORECASE
)
_LIBRARY_GPL: Final = {
    "soxr": "LGPL-2.1-or-later, a shared library that can be exchanged in place",
}
"""Distributions under the LGPL, which a program under another licence may load; and why it may."""

MetadataOf = Callable[[str], Message | metadata.PackageMetadata]


def check_licence(tree: Tree, *, metadata_of: MetadataOf = metadata.metadata) -> Iterator[Finding]:
    """Find locked runtime packages whose own metadata names no licence that we take."""
    for number, line in enumerate(tree.text(_LOCK).splitlines(), start=1):
        pinned = _PINNED.match(line)
        if pinned is None:
            continue
        name = pinned[1]
        try:
            licence = _licence(metadata_of(name))
        except metadata.PackageNotFoundError:
            yield Finding(_LOCK, number, f"{name} is not installed: its licence is unknown")
            continue
        if name in _LIBRARY_GPL and "LGPL" in licence:
            continue
        if _REFUSED.search(licence) or not _FREE.search(licence):
            yield Finding(_LOCK, number, f"{name}: licence {licence[:80] or 'unknown'}")


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
