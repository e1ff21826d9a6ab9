"""The auth service, as the one who knows every credential."""

from collections.abc import Sequence
from typing import Final, Protocol

from pydantic import BaseModel, SecretStr, ValidationError

from ai4v.contracts.audit import Refusal, RefusalBatch
from ai4v.contracts.error import AuthenticationError, PlatformError, ServiceUnavailableError
from ai4v.contracts.identity import CredentialCheck, VerifiedCredential
from ai4v.kit.errorbody import ErrorBody
from ai4v.services.gateway.overview.inquiry import SignedClient

_VERIFY_PATH: Final = "/internal/credentials/verify"
_REFUSALS_PATH: Final = "/internal/audit/refusals"
_READY_PATH: Final = "/api/v1/auth/health/ready"
_NOT_NOW: Final = "keys cannot be checked now; try again"


class CredentialAuthority(Protocol):
    """Knows every credential."""

    async def verify(self, credential: str) -> VerifiedCredential:
        """Return whose `credential` is.

        Raises:
            AuthenticationError: nobody's, revoked, expired.
            ServiceUnavailableError: it cannot be found out now.
        """
        ...


class AuthService:
    """The auth service as an authority, and as the keeper of the audit log.

    Args:
        client: calls it.
        timeout_s: how long it may take.
    """

    def __init__(self, client: SignedClient, *, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def verify(self, credential: str) -> VerifiedCredential:
        """Ask POST /internal/credentials/verify."""
        question = CredentialCheck(credential=SecretStr(credential))
        try:
            status, content = await self._post(_VERIFY_PATH, question)
            verified = VerifiedCredential.model_validate_json(content) if status == 200 else None
        except (PlatformError, ValidationError) as error:
            raise ServiceUnavailableError(_NOT_NOW) from error
        if status == AuthenticationError.status:
            raise AuthenticationError(_read_message(content))
        if verified is None:
            raise ServiceUnavailableError(_NOT_NOW)
        return verified

    async def note(self, refusals: Sequence[Refusal]) -> None:
        """Have refused accesses put into the audit log.

        Raises:
            PlatformError: they were not.
        """
        batch = RefusalBatch(refusals=tuple(refusals))
        status, _ = await self._post(_REFUSALS_PATH, batch)
        if status // 100 != 2:
            raise ServiceUnavailableError("the audit log did not take the refusals")

    async def check(self) -> None:
        """Return when an instance is ready (a health check)."""
        answer = await self._client.get(_READY_PATH, timeout_s=self._timeout_s)
        if answer.status // 100 != 2:
            raise ServiceUnavailableError("the auth service is not ready")

    async def _post(self, path: str, body: BaseModel) -> tuple[int, bytes]:
        answer = await self._client.post(path, body, timeout_s=self._timeout_s)
        return answer.status, answer.content


def _read_message(body: bytes) -> str:
    try:
        return ErrorBody.model_validate_json(body).detail.message
    except ValidationError:
        return "the key is not known"
