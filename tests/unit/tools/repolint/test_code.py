import pytest

from tests.support.tree import MakeTree
from tools.repolint.code import check_commit, check_docstring, check_routes, check_signature


def test_only_a_repository_and_the_database_commit(make_tree: MakeTree) -> None:
    text = "async def save(session):\n    await session.commit()\n"
    tree = make_tree(
        {
            "src/ai4v/kit/database.py": text,
            "src/ai4v/services/asr/repository.py": text,
            "src/ai4v/services/asr/service.py": text,
        }
    )
    assert [str(finding) for finding in check_commit(tree)] == [
        "src/ai4v/services/asr/service.py:2: only a repository and the kit's database commit"
    ]


def test_routes_do_not_try(make_tree: MakeTree) -> None:
    text = "def get():\n    try:\n        pass\n    finally:\n        pass\n"
    tree = make_tree(
        {"src/ai4v/services/asr/routes.py": text, "src/ai4v/services/asr/service.py": text}
    )
    assert [(finding.path, finding.line) for finding in check_routes(tree)] == [
        ("src/ai4v/services/asr/routes.py", 2)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def read() -> dict[str, Any]: ...",
        "def read(*, body: list[dict[str, Any]] | None) -> None: ...",
        "def read(body: 'Mapping[str, typing.Any]') -> None: ...",
        "class Body:\n    def read(self) -> dict[str, Any]: ...",
        "class Body:\n    fields: dict[str, Any]",
        "FIELDS: dict[str, Any] = {}",
    ],
)
def test_an_untyped_mapping_in_public_is_found(make_tree: MakeTree, text: str) -> None:
    findings = list(check_signature(make_tree({"src/ai4v/kit/body.py": text})))
    assert ["untyped mapping" in finding.message for finding in findings] == [True]


@pytest.mark.parametrize("name", ["read", "__init__", "__call__"])
def test_double_star_arguments_in_public_are_found(make_tree: MakeTree, name: str) -> None:
    text = f"class Body:\n    def {name}(self, **kwargs: str) -> None: ..."
    findings = list(check_signature(make_tree({"src/ai4v/kit/body.py": text})))
    assert ["**kwargs" in finding.message for finding in findings] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "def _read(body: dict[str, Any], **kwargs: int) -> None: ...",
        "class _Body:\n    fields: dict[str, Any]",
        "def read() -> dict[str, object]: ...",
        "def read() -> None:\n    body: dict[str, Any] = {}",
        "def read(name: Literal['a b']) -> tuple[Any, ...]: ...",
    ],
)
def test_what_is_private_or_typed_passes(make_tree: MakeTree, text: str) -> None:
    assert list(check_signature(make_tree({"src/ai4v/kit/body.py": text}))) == []


def test_a_module_says_why_it_exists(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "src/ai4v/kit/said.py": '"""Why."""\nX = 1\n',
            "src/ai4v/kit/mute.py": "X = 1\n",
            "src/ai4v/kit/__init__.py": "",
            "tests/unit/test_mute.py": "X = 1\n",
        }
    )
    assert [finding.path for finding in check_docstring(tree)] == ["src/ai4v/kit/mute.py"]
