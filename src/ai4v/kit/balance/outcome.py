"""What the status of an answer says about the instance that gave it."""

from typing import Final

from ai4v.kit.balance.policy import Failure
from ai4v.kit.balance.turn import Turn

_BLAMELESS: Final = frozenset({501, 504, 505})
"""Not implemented; the caller's own deadline; a version of HTTP."""


def report_status(turn: Turn, status: int, *, has_retry_after: bool, is_over: bool = True) -> None:
    """End `turn` by what was answered; `is_over` as `Turn.succeed` has it."""
    if status < 500 or status in _BLAMELESS:
        turn.succeed(is_over=is_over)
    elif status == 503 and has_retry_after:
        turn.fail(Failure.OVERLOAD, is_over=is_over)
    else:
        turn.fail(Failure.ERROR, is_over=is_over)
