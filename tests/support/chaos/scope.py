"""How long a run is: short as in CI, which asserts behaviour, or full as in `make chaos`."""

import os
from typing import Final, TypeVar

_T = TypeVar("_T")
IS_FULL: Final = os.environ.get("AI4V_CHAOS") == "full"  # noqa: TID251 - of the tests alone
"""Then times are asserted too."""


def choose(short: _T, full: _T) -> _T:
    """Return what fits the run."""
    return full if IS_FULL else short
