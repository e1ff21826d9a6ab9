"""A caller whose credential was verified, with all that each of its requests needs."""

from datetime import datetime
from ipaddress import ip_network
from typing import Final

from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import VerifiedCredential
from ai4v.kit.cost import Cost
from ai4v.kit.identity import TokenSigner
from ai4v.ports.ratelimit import Charge, Limit
from ai4v.services.gateway.door.address import is_within
from ai4v.services.gateway.door.limit import list_costs, list_limits, show_policy
from ai4v.services.gateway.routing import Route

KEY: Final = "key"
SESSION: Final = "session"
_MOST_BILLS: Final = 64


class Guest:
    """Made once for each credential and kept while the credential is remembered.

    Args:
        digest: the credential's hash.
        verified: what the auth service says.
    """

    __slots__ = (
        *("charges", "digest", "expires_at", "kind", "policy", "principal", "subject"),
        *("_audio", "_bills", "_characters", "_networks", "_services", "_tokens"),
    )

    def __init__(self, digest: str, verified: VerifiedCredential) -> None:
        principal = verified.principal
        self.digest = digest
        self.principal = principal
        self.subject = principal.subject
        self.kind = KEY if principal.key_id else SESSION
        self.expires_at: datetime | None = verified.expires_at
        limits = list_limits(principal.limits)
        self._audio, self._characters = list_costs(principal.limits)
        self.charges = (
            Charge(self.subject, limits),
            Charge(self.subject, (self._audio, self._characters), 0),
        )
        self.policy = show_policy(limits)
        self._networks = tuple(ip_network(item, strict=False) for item in principal.networks)
        self._services = frozenset(principal.scope.services)
        self._tokens: dict[str, bytes] = {}
        self._bills: dict[tuple[str, str], tuple[Charge, ...]] = {}

    def check(self, client: str, service: str) -> None:
        """Return when the credential is for use from an address and for a service.

        Raises:
            AuthorizationError: it is not.
        """
        if self._networks and not is_within(client, self._networks):
            raise AuthorizationError("this key may not be used from this address")
        if self._services and service not in self._services:
            raise AuthorizationError(f"this key is not for the {service} service")

    def bill(self, of_address: Charge, of_route: Charge | None) -> tuple[Charge, ...]:
        """Return all that a request is charged; the same tuple each time, which limiters know."""
        place = (of_address.subject, "" if of_route is None else of_route.subject)
        bill = self._bills.get(place)
        if bill is None:
            if len(self._bills) >= _MOST_BILLS:
                self._bills.clear()
            bill = (*self.charges, of_address, *(() if of_route is None else (of_route,)))
            self._bills[place] = bill
        return bill

    def show_to(self, route: Route, signer: TokenSigner) -> bytes:
        """Return the internal token for a route's service; kept as long as the guest is."""
        token = self._tokens.get(route.service)
        if token is None:
            signed = signer.sign(self.principal, route.service, calls=route.calls)
            token = self._tokens[route.service] = signed.encode()
        return token

    def list_debits(self, cost: Cost) -> list[Charge]:
        """Return what an answer is charged for afterwards."""
        used: list[tuple[Limit, int]] = [
            (self._audio, cost.whole_audio_s),
            (self._characters, cost.characters),
        ]
        return [Charge(self.subject, (limit,), amount) for limit, amount in used if amount]
