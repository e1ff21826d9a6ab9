"""How a text is laid out: line breaks, tabs, indents and list markers, apart from what it says.

What lays a text out is never translated, so it comes out exactly as it went in.
"""

import re
from dataclasses import dataclass
from typing import Final

_BREAK: Final = re.compile("([\n\r\t\u2028\u2029]+)")
_MARKER: Final = re.compile(
    r"\s*(?:(?:[-*+•–—·▪◦‣●○■□➤→✓✔]|#{1,6}|>+|\(?\d{1,3}[.)]|\(?[A-Za-z]\))\s+)*"
)
"""An indent and any list markers; linear, since each marker ends in space and starts without."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A text as fixed strings and cells in turn: one fixed string more than there are cells."""

    fixed: tuple[str, ...]
    cells: tuple[str, ...]
    """What is said in a line, or between two tabs: no line break, no tab, no space at its ends."""

    def join(self, cells: tuple[str, ...]) -> str:
        """Return the text with other cells in the same places."""
        parts = [self.fixed[0]]
        for cell, after in zip(cells, self.fixed[1:], strict=True):
            parts += (cell, after)
        return "".join(parts)


def read_layout(text: str) -> Layout:
    """Take `text` apart; `join` of the cells gives it back."""
    fixed = [""]
    cells = []
    for place, part in enumerate(_BREAK.split(text)):
        if place % 2:
            fixed[-1] += part
            continue
        marker = _MARKER.match(part)
        begin = marker.end() if marker else 0
        cell = part[begin:].rstrip()
        fixed[-1] += part[:begin]
        if cell:
            cells.append(cell)
            fixed.append(part[begin + len(cell) :])
    return Layout(tuple(fixed), tuple(cells))
