import pytest

from tests.support.tree import MakeTree
from tools.repolint.comment import check_reason, check_skip

HASH = "#"


@pytest.mark.parametrize(
    "comment",
    [
        "noqa",
        "noqa: S603",
        "noqa: S603, BLE001",
        "noqa: S603 -",
        "noqa: S603 - fine",
        "type: ignore",
        "type: ignore[misc]",
        "pragma: no cover",
    ],
)
def test_a_switch_without_a_reason_is_found(make_tree: MakeTree, comment: str) -> None:
    tree = make_tree({"src/a.py": f"x = 1  {HASH} {comment}\n"})
    assert [finding.line for finding in check_reason(tree)] == [1]


@pytest.mark.parametrize(
    "comment",
    [
        "noqa: S603 - argv is ours",
        "noqa: S603, BLE001 - argv is ours",
        "type: ignore[misc]  # the stubs are wrong",
        "pragma: no cover - runs in the child alone",
        "an ordinary remark",
    ],
)
def test_a_switch_with_a_reason_passes(make_tree: MakeTree, comment: str) -> None:
    assert list(check_reason(make_tree({"src/a.py": f"x = 1  {HASH} {comment}\n"}))) == []


def test_a_string_is_no_comment(make_tree: MakeTree) -> None:
    assert list(check_reason(make_tree({"src/a.py": f'x = "{HASH} noqa"\n'}))) == []


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skip\ndef test(): ...",
        "@pytest.mark.skipif(True, reason='')\ndef test(): ...",
        "@pytest.mark.xfail\ndef test(): ...",
        "def test():\n    pytest.skip('not here')",
        "x = pytest.importorskip('x')",
        "from pytest import skip",
    ],
)
def test_a_test_left_out_is_found(make_tree: MakeTree, text: str) -> None:
    assert len(list(check_skip(make_tree({"tests/unit/test_a.py": text})))) == 1


def test_other_marks_pass(make_tree: MakeTree) -> None:
    text = "@pytest.mark.connected\ndef test(queue):\n    queue.skip()"
    assert list(check_skip(make_tree({"tests/unit/test_a.py": text}))) == []
