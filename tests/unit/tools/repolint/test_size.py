from tests.support.tree import MakeTree
from tools.repolint.size import check_function_size, check_module_size


def test_a_module_has_at_most_300_lines(make_tree: MakeTree) -> None:
    tree = make_tree({"src/long.py": "x = 1\n" * 301, "src/full.py": "x = 1\n" * 300})
    assert [finding.path for finding in check_module_size(tree)] == ["src/long.py"]


def test_a_function_has_at_most_40_lines(make_tree: MakeTree) -> None:
    full = "def full():\n" + "    x = 1\n" * 39
    long = "async def long():\n" + "    x = 1\n" * 40
    tree = make_tree({"src/a.py": full + long})
    assert [finding.line for finding in check_function_size(tree)] == [41]


def test_a_docstring_and_decorators_do_not_count(make_tree: MakeTree) -> None:
    docstring = '    """First.\n\n    Last.\n    """\n'
    tree = make_tree({"src/a.py": "@one\n@two\ndef full():\n" + docstring + "    x = 1\n" * 39})
    assert list(check_function_size(tree)) == []


def test_a_method_counts_as_a_function(make_tree: MakeTree) -> None:
    tree = make_tree({"src/a.py": "class A:\n    def long(self):\n" + "        x = 1\n" * 40})
    assert [finding.line for finding in check_function_size(tree)] == [2]


def test_a_handler_has_at_most_15_lines_after_its_signature(make_tree: MakeTree) -> None:
    signature = "(\n    a: int,\n    b: int,\n) -> None:\n"
    full = '@router.post("/full")\nasync def full' + signature + "    x = 1\n" * 15
    long = '@router.post("/long")\nasync def long' + signature + "    x = 1\n" * 16
    tree = make_tree({"src/routes.py": full + long})
    assert [finding.message for finding in check_function_size(tree)] == [
        "long has 16 lines; a handler has at most 15"
    ]


def test_a_decorator_of_something_else_makes_no_handler(make_tree: MakeTree) -> None:
    tree = make_tree({"src/a.py": '@cache.get("/x")\ndef big():\n' + "    x = 1\n" * 16})
    assert list(check_function_size(tree)) == []
