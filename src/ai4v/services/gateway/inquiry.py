"""The gateway's own questions to the instances of services."""

from dataclasses import dataclass
from typing import Protocol

import httpx2

from ai4v.kit.client import ServiceClient
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import TokenSigner
from ai4v.ports.registry import Instance


@dataclass(frozen=True, slots=True)
class Reply:
    """What an instance answered."""

    status: int
    content: bytes


class Inquirer(Protocol):
    """Asks one instance."""

    async def ask(self, instance: Instance, path: str, *, timeout_s: float) -> Reply:
        """Return what GET `path` answers.

        Raises:
            PlatformError: nothing that can be used within `timeout_s`.
        """
        ...


class SignedInquirer:
    """Asks with the gateway's own internal token, on nobody's behalf."""

    def __init__(self, signer: TokenSigner, http: httpx2.AsyncClient) -> None:
        self._signer = signer
        self._http = http

    async def ask(self, instance: Instance, path: str, *, timeout_s: float) -> Reply:
        """Ask over HTTP."""
        client = ServiceClient(
            instance.service, locate=lambda _: instance, signer=self._signer, http=self._http
        )
        answer = await client.get(path, deadline=Deadline(timeout_s))
        return Reply(answer.status_code, answer.content)
