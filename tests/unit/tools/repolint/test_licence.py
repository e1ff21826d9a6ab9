from email.message import Message
from importlib.metadata import PackageNotFoundError

import pytest

from tests.support.tree import MakeTree
from tools.repolint.licence import check_licence


def check(make_tree: MakeTree, name: str, header: str, value: str) -> list[str]:
    package = Message()
    package[header] = value
    tree = make_tree({"requirements/runtime.txt": f"# made\n{name}==1.0 \\\n    --hash=sha256:0\n"})
    return [finding.message for finding in check_licence(tree, metadata_of=lambda _: package)]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("License-Expression", "MIT OR Apache-2.0"),
        ("License", "BSD 3-Clause License"),
        ("License", "The MIT License (MIT)\n\nas used beside the GPL"),
        ("Classifier", "License :: OSI Approved :: Apache Software License"),
    ],
)
def test_a_free_licence_passes(make_tree: MakeTree, header: str, value: str) -> None:
    assert check(make_tree, "one", header, value) == []


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("License-Expression", "GPL-3.0-or-later"),
        ("License-Expression", "MIT AND AGPL-3.0-only"),
        ("License-Expression", "LGPL-2.1-or-later"),
        ("License", "GNU General Public License v3"),
        ("License", "CC-BY-NC-4.0"),
        ("Classifier", "License :: OSI Approved :: GNU Affero General Public License v3"),
        ("License", "proprietary"),
        ("Summary", "says nothing of a licence"),
    ],
)
def test_any_other_is_found(make_tree: MakeTree, header: str, value: str) -> None:
    assert len(check(make_tree, "one", header, value)) == 1


def test_a_written_lgpl_exception_passes(make_tree: MakeTree) -> None:
    assert check(make_tree, "soxr", "License-Expression", "LGPL-2.1-or-later") == []
    assert len(check(make_tree, "soxr", "License-Expression", "GPL-3.0-only")) == 1


def test_a_package_that_is_not_installed_is_found(make_tree: MakeTree) -> None:
    def missing(name: str) -> Message:
        raise PackageNotFoundError(name)

    tree = make_tree({"requirements/runtime.txt": "one==1.0\n"})
    assert len(list(check_licence(tree, metadata_of=missing))) == 1
