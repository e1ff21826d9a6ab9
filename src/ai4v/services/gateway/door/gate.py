"""Lets a request in: who is asking, from where, and whether they may ask again already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.error import AuthenticationError
from ai4v.ports.ratelimit import Charge, Decision, RateLimiter
from ai4v.services.gateway.door.address import name_network
from ai4v.services.gateway.door.credential import read_credential
from ai4v.services.gateway.door.guest import Guest
from ai4v.services.gateway.door.limit import (
    DEGRADED,
    AddressLimits,
    check_decision,
    describe_decision,
)
from ai4v.services.gateway.door.verification import CredentialVerifier
from ai4v.services.gateway.passage.header import Header, RequestHead
from ai4v.services.gateway.routing import Access, Route

_NEEDED: Final = "this path needs an API key: send it as `Authorization: Bearer <key>`"


@dataclass(slots=True)
class Knock:
    """What the gate looks at."""

    head: RequestHead
    client: str
    """The client's address."""
    access: Access
    told: list[Header]
    """What the gate counted is added to it."""
    route: Route | None = None
    """None for the gateway's own paths."""
    charges: Sequence[Charge] = ()
    """What it was charged, once it is let in."""
    policy: bytes = b""
    """The limits, as the answer tells them."""


class Gate:
    """Authenticates and counts.

    Args:
        verifier: knows whose a credential is.
        limiter: counts.
        limits: of addresses.
    """

    def __init__(
        self, verifier: CredentialVerifier, limiter: RateLimiter, limits: AddressLimits
    ) -> None:
        self._verifier = verifier
        self._limiter = limiter
        self._limits = limits
        self.local_decisions = 0
        """Requests that were counted by this process alone, as the shared counters were away."""

    async def admit(self, knock: Knock) -> Guest | None:
        """Return who is let in; None when nobody says who it is and nobody needs to.

        Raises:
            AuthenticationError: no credential where one is needed, or one that is not good.
            AuthorizationError: a key that is not for this address or service.
            RateLimitExceededError: too many requests.
            ServiceUnavailableError: the credential cannot be checked now.
        """
        access = knock.access
        credential = None
        if access is Access.CREDENTIAL or access is Access.EITHER:
            credential = read_credential(knock.head)
        if credential is not None:
            return await self.admit_with(credential, knock)
        if access is Access.CREDENTIAL:
            raise AuthenticationError(_NEEDED)
        network = name_network(knock.client)
        limits = self._limits
        if access is Access.SIGN_IN:
            await self._count([limits.charge_sign_in(network)], limits.sign_in_policy, knock)
        else:
            await self._count([limits.charge_open(network)], limits.open_policy, knock)
        return None

    async def admit_with(self, credential: str, knock: Knock) -> Guest:
        """Return whose credential it is; raises as `admit` does."""
        network = name_network(knock.client)
        guest = self._verifier.recall(credential)
        if guest is None:
            guest = await self._verifier.verify(credential, network)
        if knock.route is not None:
            guest.check(knock.client, knock.route.service)
        of_route = None if knock.route is None else knock.route.charge
        charges = guest.bill(self._limits.charge_known(network), of_route)
        await self._count(charges, guest.policy, knock)
        return guest

    async def refund(self, knock: Knock) -> None:
        """Give back what a request was charged that nothing was done for, and tell what is left."""
        decision = await self._limiter.refund(knock.charges)
        told = describe_decision(knock.policy, decision)
        counted = {name for name, _ in told} | {DEGRADED}
        knock.told[:] = [*(header for header in knock.told if header[0] not in counted), *told]

    async def debit(self, charges: list[Charge]) -> None:
        """Charge what is known only afterwards."""
        await self._limiter.debit(charges)

    async def _count(self, charges: Sequence[Charge], policy: bytes, knock: Knock) -> None:
        decision: Decision = await self._limiter.acquire(charges)
        if decision.is_local:
            self.local_decisions += 1
        knock.told.extend(describe_decision(policy, decision))
        check_decision(decision)
        knock.charges, knock.policy = charges, policy
