import pytest

from tests.support.tree import MakeTree
from tools.repolint.loading import check_loading

PATH = "src/ai4v/a.py"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from torch.serialization import load",
        "import yaml",
        "x = eval('1')",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "loader.load_module('x')",
    ],
)
def test_what_can_run_what_it_reads_is_found(make_tree: MakeTree, line: str) -> None:
    tree = make_tree({PATH: f'"""Why."""\n{line}\n'})
    assert [finding.line for finding in check_loading(tree)] == [2]


@pytest.mark.parametrize(
    "line",
    [
        "import json",
        "np.load(path)",
        "np.load(path, allow_pickle=False)",
        "model.eval()",
        "re.compile('x')",
        "from pickles import jar",
    ],
)
def test_what_only_reads_passes(make_tree: MakeTree, line: str) -> None:
    assert list(check_loading(make_tree({PATH: line}))) == []


def test_tests_may_do_it(make_tree: MakeTree) -> None:
    assert list(check_loading(make_tree({"tests/unit/test_a.py": "import pickle\n"}))) == []
