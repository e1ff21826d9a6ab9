"""A task that fails names itself: its number, its kind, and what it said."""

from typing import Final

from pydantic import ValidationError

from ai4v.contracts.error import FieldError, PlatformError, UpstreamError
from ai4v.kit.errorbody import ErrorBody

_OURS: Final = frozenset({401, 403, 404, 405})
"""What a task only answers when we ask it wrongly."""
_GIVEN: Final = frozenset({"audio", "input"})


class TaskFailedError(PlatformError):
    """One task of a pipeline failed; code and status are its own."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        errors: tuple[FieldError, ...],
        retry_after_s: int | None,
    ) -> None:
        super().__init__(message, errors=errors, retry_after_s=retry_after_s)
        self.code = code
        self.status = status


def read_failure(status: int, content: bytes, retry_after: str | None) -> PlatformError:
    """Return the error that a task's answer says."""
    try:
        detail = ErrorBody.model_validate_json(content).detail
    except ValidationError:
        return UpstreamError("it answered something that is no answer of ours")
    if status in _OURS:
        return UpstreamError(f"it refused to be asked: {detail.message}")
    return TaskFailedError(
        detail.message,
        code=detail.code,
        status=status,
        errors=detail.errors or (),
        retry_after_s=int(retry_after) if retry_after and retry_after.isdigit() else None,
    )


def name_task(error: PlatformError, number: int, kind: str, total: int) -> PlatformError:
    """Return the same error as the pipeline tells it.

    Args:
        error: what went wrong, in the task's own words.
        number: of the task, from 0.
        kind: its `taskType`.
        total: how many tasks there are.
    """
    place = f"pipelineTasks.{number}."
    return TaskFailedError(
        f"task {number + 1} of {total} ({kind}): {error.message}",
        code=error.code,
        status=error.status,
        errors=tuple(_moved(problem, place, is_first=not number) for problem in error.errors),
        retry_after_s=error.retry_after_s,
    )


def _moved(problem: FieldError, place: str, *, is_first: bool) -> FieldError:
    path = problem.path
    if path.startswith("inputData."):
        return problem
    above = "inputData." if is_first and path.partition(".")[0] in _GIVEN else place
    return FieldError(path=above + path, message=problem.message)
