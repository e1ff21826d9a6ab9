import pytest

from tests.support.tree import MakeTree
from tools.repolint.naming import check_name


@pytest.mark.parametrize("name", ["utils", "helper", "common", "manager", "audio_utils"])
def test_a_name_that_says_nothing_is_found(make_tree: MakeTree, name: str) -> None:
    findings = list(check_name(make_tree({f"src/ai4v/kit/{name}.py": ""})))
    assert any("says nothing" in finding.message for finding in findings)


@pytest.mark.parametrize("path", ["src/ai4v/kit/errors.py", "src/ai4v/kit/parsers/word.py"])
def test_a_plural_is_found(make_tree: MakeTree, path: str) -> None:
    assert ["plural" in finding.message for finding in check_name(make_tree({path: ""}))] == [True]


@pytest.mark.parametrize(
    "path",
    [
        "src/ai4v/services/asr/routes.py",
        "src/ai4v/services/asr/subtitles.py",
        "src/ai4v/services/metrics/app.py",
        "src/ai4v/adapters/postgres/server.py",
        "src/ai4v/kit/status.py",
        "src/ai4v/kit/access.py",
        "src/ai4v/kit/__init__.py",
        "tests/unit/kit/test_settings.py",
    ],
)
def test_a_singular_or_fixed_name_passes(make_tree: MakeTree, path: str) -> None:
    assert list(check_name(make_tree({path: ""}))) == []


def test_a_folder_is_named_once(make_tree: MakeTree) -> None:
    tree = make_tree({"src/ai4v/kit/parsers/word.py": "", "src/ai4v/kit/parsers/line.py": ""})
    assert [finding.path for finding in check_name(tree)] == ["src/ai4v/kit/parsers"]
