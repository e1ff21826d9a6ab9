import pytest

from tests.support.tree import MakeTree
from tools.repolint.address import check_address, check_lock

HASH = "    --hash=sha256:00\n"


@pytest.mark.parametrize("folder", ["work", "root", "home"])
def test_a_path_of_one_machine_is_found(make_tree: MakeTree, folder: str) -> None:
    tree = make_tree({"docs/a.md": f"first\nsee /{folder}/me/file\n"})
    assert [finding.line for finding in check_address(tree)] == [2]


@pytest.mark.parametrize("host", ["files.python" + "hosted.org", "registry." + "npmjs.org"])
def test_the_address_of_a_registry_is_found(make_tree: MakeTree, host: str) -> None:
    assert len(list(check_address(make_tree({"a.json": f"https://{host}/x"})))) == 1


@pytest.mark.parametrize("text", ["~/work/x", "the/root/x", "/var/lib/ai4v", "https://a.org/home/"])
def test_other_paths_pass(make_tree: MakeTree, text: str) -> None:
    assert list(check_address(make_tree({"docs/a.md": text}))) == []


def test_a_locked_requirement_has_a_hash(make_tree: MakeTree) -> None:
    tree = make_tree({"requirements/a.txt": f"one==1 \\\n{HASH}two==2\n# three==3\n"})
    assert [finding.line for finding in check_lock(tree)] == [3]


def test_a_lock_file_carries_no_address(make_tree: MakeTree) -> None:
    tree = make_tree(
        {"requirements/a.txt": "--find-links https://a.org\n", "README.txt": "http://"}
    )
    assert [finding.line for finding in check_lock(tree)] == [1]
