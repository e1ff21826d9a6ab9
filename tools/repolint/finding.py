"""What a rule says when the tree breaks it."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule at one place."""

    path: str
    """Relative to the root, with slashes."""
    line: int
    """From 1; 0 when the file as a whole is meant."""
    message: str

    @override
    def __str__(self) -> str:
        """Render as `path:line: message`, which editors can follow."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"
