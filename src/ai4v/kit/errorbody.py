"""One error body everywhere, and the one place that makes it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ai4v.contracts.error import (
    AuthenticationError,
    FieldError,
    InvalidJsonError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    PlatformError,
    ValidationError,
)
from ai4v.kit.disconnect import ClientDisconnectedError
from ai4v.kit.head import list_methods
from ai4v.kit.log import get_logger

_log = get_logger(__name__)
_BY_STATUS: dict[int, tuple[type[PlatformError], str]] = {
    400: (InvalidJsonError, "the body cannot be read as what its content type says"),
    404: (NotFoundError, "no such path"),
    405: (MethodNotAllowedError, "this path does not take this method"),
    413: (PayloadTooLargeError, "the body is larger than this path takes"),
}
_MOST_TOLD: Final = 100
"""Wrong places that one answer names."""
_LONGEST_NAME: Final = 64
"""Characters of one part of a place: fields that nobody knows are named by the caller."""


class ErrorDetail(BaseModel):
    """What went wrong, for people and for programs."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    code: str
    """One of the wire contract's codes."""
    message: str
    """What happened and what to do about it."""
    request_id: str = Field(alias="requestId")
    """Name this when asking for help: the logs know it."""
    timestamp: datetime
    errors: tuple[FieldError, ...] | None = None
    """Each wrong place of the request, when there are such."""


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    detail: ErrorDetail


def render_error(error: PlatformError, request_id: str) -> Response:
    """Make the answer for `error`."""
    body = ErrorBody(
        detail=ErrorDetail(
            code=error.code,
            message=error.message,
            request_id=request_id,
            timestamp=datetime.now(UTC),
            errors=error.errors or None,
        )
    )
    headers = {"x-request-id": request_id}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if isinstance(error, AuthenticationError):
        headers["www-authenticate"] = "Bearer"
    return Response(
        body.model_dump_json(by_alias=True, exclude_none=True),
        status_code=error.status,
        headers=headers,
        media_type="application/json",
    )


def install_error_handlers(app: FastAPI) -> None:
    """Give `app` the one error body for whatever is raised in it."""
    app.add_exception_handler(PlatformError, _handle_platform_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_error)
    app.add_exception_handler(ClientDisconnect, _handle_departure)
    app.add_exception_handler(Exception, _handle_surprise)


def describe_problems(problems: Sequence[dict[str, object]]) -> tuple[FieldError, ...]:
    """Turn pydantic's list of problems into ours: places and messages, never the input.

    A body full of mistakes gets no answer larger than itself: what is too many is counted alone.
    """
    told = [
        FieldError(path=_dotted(problem["loc"]), message=_say(problem))
        for problem in problems[:_MOST_TOLD]
    ]
    if len(problems) > _MOST_TOLD:
        told.append(FieldError(path="", message=f"and {len(problems) - _MOST_TOLD} more"))
    return tuple(told)


def _say(problem: dict[str, object]) -> str:
    """Return pydantic's words; those on a wrong kind would repeat it."""
    message = str(problem["msg"])
    if problem["type"] != "union_tag_invalid":
        return message
    return f"Input should be one of: {message.rpartition('expected tags: ')[2]}"


def _dotted(place: object) -> str:
    parts = place if isinstance(place, tuple) else (place,)
    return ".".join(str(part)[:_LONGEST_NAME] for part in parts if part != "body")


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


async def _handle_platform_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, PlatformError):
        raise error
    return render_error(error, _request_id(request))


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return render_error(InvalidJsonError("the body is not JSON"), _request_id(request))
    failure = ValidationError(
        "the request is not as this path needs it; see errors", errors=describe_problems(problems)
    )
    return render_error(failure, _request_id(request))


async def _handle_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kind, message = _BY_STATUS.get(error.status_code, (PlatformError, "the request failed"))
    response = render_error(kind(message), _request_id(request))
    if error.status_code == 405:
        response.headers["allow"] = list_methods(request.app.routes, request.scope)
    return response


async def _handle_departure(request: Request, _error: Exception) -> Response:
    failure = ClientDisconnectedError("the client left before its request was read")
    return render_error(failure, _request_id(request))


async def _handle_surprise(request: Request, error: Exception) -> Response:
    _log.error("request failed unexpectedly", exc_info=error)
    failure = PlatformError("an unexpected error; name the requestId when asking for help")
    response = render_error(failure, _request_id(request))
    response.headers["connection"] = "close"  # uvicorn closes it: nobody may send on it again
    return response
