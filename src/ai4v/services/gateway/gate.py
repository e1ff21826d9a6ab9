"""Lets a request in: who is asking, and whether they may ask again already."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from starlette.requests import HTTPConnection

from ai4v.contracts.error import AuthenticationError, DeadlineExceededError
from ai4v.contracts.identity import Principal
from ai4v.kit.deadline import Deadline
from ai4v.ports.ratelimit import Charge, Limit, RateLimiter
from ai4v.services.gateway.address import find_client, name_network
from ai4v.services.gateway.credential import read_credential
from ai4v.services.gateway.limit import (
    OpenLimits,
    check_decision,
    describe_decision,
    list_limits,
)
from ai4v.services.gateway.routing import Access
from ai4v.services.gateway.verification import CredentialVerifier


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who was let in."""

    client: str
    """The client's address."""
    principal: Principal | None
    """None for a visitor without a key."""


class Gate:
    """Authenticates and counts; what it counted goes into the answer's headers.

    Args:
        verifier: knows whose a credential is.
        limiter: counts.
        open_limits: for visitors without a key.
        trusted_proxies: whose word on the client's address is believed.
    """

    def __init__(
        self,
        verifier: CredentialVerifier,
        limiter: RateLimiter,
        *,
        open_limits: OpenLimits,
        trusted_proxies: Sequence[IPv4Network | IPv6Network],
    ) -> None:
        self._verifier = verifier
        self._limiter = limiter
        self._open_limits = open_limits
        self._trusted_proxies = tuple(trusted_proxies)

    async def admit(self, connection: HTTPConnection, access: Access) -> Visitor:
        """Return who is let in.

        Raises:
            AuthenticationError: no credential where one is needed, or one that is not good.
            RateLimitExceededError: too many requests.
            ServiceUnavailableError: the credential cannot be checked now.
            DeadlineExceededError: all this took longer than the caller waits.
        """
        deadline: Deadline = connection.scope["state"]["deadline"]
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                return await self._admit(connection, access)
        except TimeoutError:
            raise DeadlineExceededError("the key could not be checked in time") from None

    async def _admit(self, connection: HTTPConnection, access: Access) -> Visitor:
        client = find_client(connection, self._trusted_proxies)
        principal = await self._identify(connection, access)
        if principal is None:
            is_sign_in = access is Access.SIGN_IN
            limits = self._open_limits.sign_in if is_sign_in else self._open_limits.open
            await self._count(connection, f"address:{name_network(client)}", limits)
        else:
            await self._count(connection, principal.subject, list_limits(principal.limits))
        return Visitor(client, principal)

    async def _identify(self, connection: HTTPConnection, access: Access) -> Principal | None:
        if access in {Access.OPEN, Access.SIGN_IN}:
            return None
        credential = read_credential(connection.headers)
        if credential is not None:
            return await self._verifier.verify(credential)
        if access is Access.CREDENTIAL:
            raise AuthenticationError(
                "this path needs an API key: send it as `Authorization: Bearer <key>`"
            )
        return None

    async def _count(
        self, connection: HTTPConnection, subject: str, limits: tuple[Limit, ...]
    ) -> None:
        decision = await self._limiter.acquire([Charge(subject, limits)])
        connection.scope["state"]["answer_headers"] = describe_decision(limits, decision)
        check_decision(decision)
