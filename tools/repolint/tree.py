"""The files that the rules look at, read and parsed once."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tree:
    """A repository's own files: those tracked, and those that would be if added."""

    root: Path
    paths: tuple[str, ...]
    """Relative to the root, with slashes, sorted."""
    _texts: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _modules: dict[str, ast.Module] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of_repository(cls, root: Path) -> "Tree":
        """Take the files that Git tracks or would track under `root`."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        return cls.of_files(root, (path for path in set(listed) if (root / path).is_file()))

    @classmethod
    def of_files(cls, root: Path, paths: Iterable[str]) -> "Tree":
        """Take `paths`, which are relative to `root`."""
        return cls(root, tuple(sorted(path for path in paths if path)))

    def under(self, *prefixes: str) -> Iterator[str]:
        """Yield the Python files whose path starts with one of `prefixes`; all without any."""
        for path in self.paths:
            if path.endswith(".py") and (not prefixes or path.startswith(prefixes)):
                yield path

    def has(self, path: str) -> bool:
        """Tell whether `path` is one of the files."""
        return path in self.paths

    def text(self, path: str) -> str:
        """Return the file's text; empty for a file that is not UTF-8."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self._texts[path] = ""
        return self._texts[path]

    def module(self, path: str) -> ast.Module:
        """Return the syntax tree; an empty one for a file that does not parse (ruff says so)."""
        if path not in self._modules:
            try:
                self._modules[path] = ast.parse(self.text(path))
            except SyntaxError:
                self._modules[path] = ast.Module(body=[], type_ignores=[])
        return self._modules[path]
