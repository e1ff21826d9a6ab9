from tests.support.tree import MakeTree
from tools.repolint.registry import Registry
from tools.repolint.service import (
    check_architecture,
    check_registry,
    check_service,
    check_settings,
)

REGISTRY = """\
[[service]]
name = "asr"
package = "ai4v.services.asr"
port = 8087
prefixes = ["/asr"]
stores = ["postgres", "valkey"]
summary = "Speech to text"

[[engine]]
name = "valkey"
port = 6381
summary = "Cache"
"""
TABLE = """\
| process | port | purpose | leans on |
|---|---|---|---|
| asr | 8087 | Speech to text | postgres, valkey |
| valkey | 6381 | Cache |  |
"""
FILES = ("app.py", "settings.py", "routes.py", "service.py", "README.md", "repository.py")
COMPLETE = {
    "services.toml": REGISTRY,
    "src/ai4v/services/__init__.py": "",
    **{f"src/ai4v/services/asr/{name}": "" for name in (*FILES, "tables.py")},
}


def test_a_complete_service_passes(make_tree: MakeTree) -> None:
    assert list(check_service(make_tree(COMPLETE))) == []


def test_a_missing_file_is_found(make_tree: MakeTree) -> None:
    files = {path: text for path, text in COMPLETE.items() if not path.endswith("tables.py")}
    assert [finding.path for finding in check_service(make_tree(files))] == [
        "src/ai4v/services/asr/tables.py"
    ]


def test_a_service_without_postgres_needs_no_tables(make_tree: MakeTree) -> None:
    files = {path: text for path, text in COMPLETE.items() if "tables" not in path}
    files["services.toml"] = REGISTRY.replace('"postgres", ', "")
    assert list(check_service(make_tree(files))) == []


def test_a_folder_that_is_not_listed_is_found(make_tree: MakeTree) -> None:
    tree = make_tree({**COMPLETE, "src/ai4v/services/tts/app.py": ""})
    assert [finding.path for finding in check_service(tree)] == ["src/ai4v/services/tts/"]


def test_what_is_given_out_twice_is_found(make_tree: MakeTree) -> None:
    second = REGISTRY.replace('name = "asr"', 'name = "tts"').partition("[[engine]]")[0]
    tree = make_tree({"services.toml": f"{REGISTRY}\n{second}"})
    assert sorted(finding.message for finding in check_registry(tree)) == [
        "port 8087 is given out 2 times",
        "prefix /asr is given out 2 times",
    ]


def test_the_docs_show_the_table_of_the_registry(make_tree: MakeTree) -> None:
    tree = make_tree({"services.toml": REGISTRY, "docs/architecture.md": f"# A\n\n{TABLE}\nmore"})
    assert list(check_architecture(tree)) == []
    assert Registry.of_tree(tree).table() + "\n" == TABLE


def test_a_table_that_aged_is_found(make_tree: MakeTree) -> None:
    aged = TABLE.replace("8087", "8088")
    tree = make_tree({"services.toml": REGISTRY, "docs/architecture.md": aged})
    assert len(list(check_architecture(tree))) == 1


def test_docs_without_a_table_are_found(make_tree: MakeTree) -> None:
    assert len(list(check_architecture(make_tree({"services.toml": REGISTRY})))) == 1


SETTINGS = """\
class AsrSettings(ServiceSettings):
    service: ClassVar[str] = "asr"
    port: int = 8087
    max_items: int = 32
    _hidden: int = 0
"""


def test_a_setting_that_the_readme_names_passes(make_tree: MakeTree) -> None:
    files = {**COMPLETE, "src/ai4v/services/asr/settings.py": SETTINGS}
    files["src/ai4v/services/asr/README.md"] = "| `PORT` | 8087 |\n| `MAX_ITEMS` | 32 |\n"
    assert list(check_settings(make_tree(files))) == []


def test_a_setting_that_the_readme_does_not_name_is_found(make_tree: MakeTree) -> None:
    files = {**COMPLETE, "src/ai4v/services/asr/settings.py": SETTINGS}
    files["src/ai4v/services/asr/README.md"] = "`PORT`, and `MAX_ITEMS_OF` something else"
    assert [(finding.line, finding.message) for finding in check_settings(make_tree(files))] == [
        (4, "src/ai4v/services/asr/README.md does not name `MAX_ITEMS`")
    ]
