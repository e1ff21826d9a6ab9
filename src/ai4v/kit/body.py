"""Reads JSON bodies into models: by hand, so that one path forbids what another ignores."""

import asyncio
from collections.abc import Coroutine
from typing import Final, Literal, TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as ModelError
from starlette.requests import ClientDisconnect, Request

from ai4v.contracts.error import (
    DeadlineExceededError,
    InvalidJsonError,
    UnsupportedMediaError,
    ValidationError,
)
from ai4v.kit.disconnect import ClientDisconnectedError
from ai4v.kit.errorbody import describe_problems
from ai4v.kit.request import get_deadline

Extra = Literal["forbid", "ignore"]
WRONG: Final = "the request is not as this path needs it; see errors"
_JSON: Final = "application/json"
_T = TypeVar("_T")
_ModelT = TypeVar("_ModelT", bound=BaseModel)


async def read_json(request: Request, model: type[_ModelT], *, extra: Extra) -> _ModelT:
    """Read a body that is not read yet.

    Args:
        request: of which.
        model: what the body should be.
        extra: whether fields that the model does not know are refused or ignored.

    Raises:
        InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        ClientDisconnectedError: nobody is left to answer.
    """
    media = media_type(request)
    if media not in ("", _JSON):
        raise UnsupportedMediaError(f"this path takes {_JSON}, not {media[:64]}")
    return parse_json(model, await within_deadline(request, request.body()), extra=extra)


def parse_json(
    model: type[_ModelT], content: bytes | str, *, extra: Extra, path: str = ""
) -> _ModelT:
    """Parse JSON; `path` is where in the request it stood, for errors.

    Raises:
        InvalidJsonError, ValidationError
    """
    try:
        return model.model_validate_json(content, extra=extra, by_alias=True, by_name=False)
    except ModelError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(problem["type"] == "json_invalid" for problem in found):
        raise InvalidJsonError("the body is not JSON" if not path else f"{path} is not JSON")
    problems = describe_problems(
        [{**problem, "loc": _below(path, problem["loc"])} for problem in found]
    )
    raise ValidationError(WRONG, errors=problems)


def media_type(request: Request) -> str:
    """Return what the body says it is, without parameters, in lower case; empty for nothing."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def within_deadline(request: Request, reading: Coroutine[object, object, _T]) -> _T:
    """Read on until the request's deadline.

    Raises:
        DeadlineExceededError, ClientDisconnectedError
    """
    deadline = await get_deadline(request)
    try:
        async with asyncio.timeout(deadline.remaining_s()):
            return await reading
    except TimeoutError:
        raise DeadlineExceededError("the request was not read before its deadline") from None
    except ClientDisconnect:
        raise ClientDisconnectedError("the client closed the connection") from None


def _below(path: str, place: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return (path, *place) if path else place
