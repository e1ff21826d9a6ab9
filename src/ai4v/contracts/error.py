"""The one error base, and the codes that clients are promised (wire contract, section 1).

An error carries the code, the status and a message fit for the caller. Errors that belong to one
thing are defined beside that thing and subclass one of these.
"""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict


class FieldError(BaseModel):
    """One wrong place in a request."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Where, dotted, with list positions as numbers: `audio.1.audioContent`."""
    message: str
    """What is wrong there and what is expected; never repeats the caller's content."""


class PlatformError(Exception):
    """Anything a caller is told about: a code, a status, a message.

    Raise a subclass. The kit's one handler turns it into the body
    `{"detail": {"code", "message", "requestId", "timestamp", "errors"?}}`.
    """

    code: str = "INTERNAL_ERROR"
    status: int = 500

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s


class InvalidJsonError(PlatformError):
    """The body is not JSON."""

    code = "INVALID_JSON"
    status = 400


class MalformedRequestError(PlatformError):
    """What came is no request of HTTP, or one that two servers could read differently."""

    code = "MALFORMED_REQUEST"
    status = 400


class AuthenticationError(PlatformError):
    """Nobody, or nobody we know: no key, a wrong, revoked or expired one."""

    code = "AUTHENTICATION_ERROR"
    status = 401


class AuthorizationError(PlatformError):
    """Somebody we know who may not do this."""

    code = "AUTHORIZATION_ERROR"
    status = 403


class NotFoundError(PlatformError):
    """No such path or thing; also the answer for a thing that belongs to somebody else."""

    code = "NOT_FOUND"
    status = 404


class MethodNotAllowedError(PlatformError):
    """The path exists, the method does not."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class PayloadTooLargeError(PlatformError):
    """More bytes, seconds or characters than the limit; the message says the limit."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class UnsupportedMediaError(PlatformError):
    """A kind of content that we recognise and do not take."""

    code = "UNSUPPORTED_MEDIA"
    status = 415


class ValidationError(PlatformError):
    """Well-formed and wrong; `errors` names each place."""

    code = "VALIDATION_ERROR"
    status = 422

    @classmethod
    def at(cls, path: str, message: str) -> Self:
        """Make one for a single wrong place."""
        return cls(f"{path}: {message}", errors=[FieldError(path=path, message=message)])


class LanguageNotSupportedError(PlatformError):
    """No engine here serves this language for this task; the message lists those that are."""

    code = "LANGUAGE_NOT_SUPPORTED"
    status = 422


class RateLimitExceededError(PlatformError):
    """Too many requests; `retry_after_s` says when the next one passes."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429


class UpstreamError(PlatformError):
    """A service answered something that is not HTTP, or broke off."""

    code = "UPSTREAM_ERROR"
    status = 502


class ServiceUnavailableError(PlatformError):
    """A part is down, draining or full; the request was not carried out and may be sent again."""

    code = "SERVICE_UNAVAILABLE"
    status = 503

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int | None = 2,
    ) -> None:
        super().__init__(message, errors=errors, retry_after_s=retry_after_s)


class DeadlineExceededError(PlatformError):
    """The caller's deadline passed before the answer was ready."""

    code = "DEADLINE_EXCEEDED"
    status = 504
