"""The use cases of sign-in elsewhere: begin, come back, change a ticket for tokens, link.

The browser leaves with a state, a nonce and a PKCE challenge, and with a cookie that ties the
attempt to it; it comes back to an address that is this provider's alone. What it then carries to
the page that began is a ticket, never a token. A verified address that already belongs to a user
links nothing by itself: whoever controls it at some provider would take the account over. The
user signs in and links (docs/adr/0017-sign-in-elsewhere.md).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from ai4v.contracts.error import (
    AuthenticationError,
    AuthorizationError,
    NotFoundError,
    PlatformError,
)
from ai4v.contracts.identity import hash_credential
from ai4v.contracts.session import TICKET_PREFIX, LinkStart, SessionTokens
from ai4v.kit.clock import Clock
from ai4v.ports.identityprovider import Attempt, ProvedIdentity
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.provider.flow import (
    BrowserMark,
    Flow,
    Ticket,
    extend,
    hash_ticket,
    is_allowed_return,
    read_subject,
)
from ai4v.services.auth.provider.newcomer import make_newcomer, require_domain
from ai4v.services.auth.provider.registry import Provider, Providers
from ai4v.services.auth.provider.repository import Identity, OneTime, ProviderRepository
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.session.opaque import mint
from ai4v.services.auth.session.record import Origin
from ai4v.services.auth.session.service import SessionService

FLOW_S: Final = 600.0
"""How long a browser may be away at a provider."""
TICKET_S: Final = 60.0
_SIGN_IN: Final = "sign-in:"
_LINK: Final = "link:"
_LINKED: Final = "linked:"
_LOST: Final = "this sign-in was not begun in this browser, or too long ago; begin again"
_STALE: Final = "the ticket is not good; sign in again"


@dataclass(frozen=True, slots=True)
class ProviderParts:
    """What the service works with."""

    repository: ProviderRepository
    sessions: SessionService
    providers: Providers
    clock: Clock


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes now, and what it keeps for its return."""

    url: str
    mark: BrowserMark


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser that comes back from a provider brings; none of it is believed."""

    state: str = field(repr=False)
    mark: str = field(repr=False)
    """The cookie's value; empty without one."""
    code: str | None = field(default=None, repr=False)
    issuer: str | None = None
    error: str | None = None
    """The provider's word for why there is no code."""


class ProviderService:
    """Sign-in elsewhere.

    Every method that reaches the database raises `DatabaseUnavailableError` when it cannot.
    """

    def __init__(self, parts: ProviderParts) -> None:
        self._repository = parts.repository
        self._sessions = parts.sessions
        self._clock = parts.clock
        self.providers = parts.providers

    async def begin(
        self, name: str, return_to: str, actor: Actor, *, challenge: str = "", link: str = ""
    ) -> Departure:
        """Send a browser to a provider.

        Args:
            name: of the provider.
            return_to: where the browser is sent in the end.
            actor: who asks.
            challenge: of whoever may use the ticket; empty: whoever has it.
            link: the token of `begin_link`; empty: to sign in.

        Raises:
            NotFoundError: there is no such provider.
            ValidationError: browsers are not sent to `return_to`.
            AuthenticationError: the link token is not good.
            ProviderUnavailableError: the provider does not say where to go.
        """
        provider = self.providers.find(name)
        self._require_return(return_to)
        user_id = await self._take_link(link, name) if link else None
        mark = BrowserMark(secrets.token_urlsafe(32), challenge, user_id)
        attempt = Attempt(
            redirect_uri=self.providers.address(name, "callback"),
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(32),
        )
        url = await provider.port.begin(attempt)
        flow = Flow(
            state_hash=hash_credential(attempt.state),
            browser_hash=hash_credential(str(mark)),
            provider=name,
            nonce=attempt.nonce,
            code_verifier=attempt.code_verifier,
            return_to=return_to,
            expires_at=self._clock.now() + timedelta(seconds=FLOW_S),
        )
        await self._repository.add_flow(flow, actor)
        return Departure(url, mark)

    async def finish(self, name: str, arrival: Arrival, actor: Actor) -> str:
        """Return where the browser that came back goes: to the page that began, with a ticket.

        When the provider or this platform refuses, it goes there with an `error` instead.

        Raises:
            NotFoundError: there is no such provider.
            AuthenticationError: the sign-in was not begun by this browser, with this provider.
        """
        provider = self.providers.find(name)
        flow = await self._repository.take_flow(hash_credential(arrival.state))
        if (
            flow is None
            or flow.provider != name
            or flow.expires_at <= self._clock.now()
            or hash_credential(arrival.mark) != flow.browser_hash
        ):
            raise AuthenticationError(_LOST)
        mark = BrowserMark.parse(arrival.mark)
        if arrival.error is not None or not arrival.code:
            return extend(flow.return_to, "error", "access_denied")
        attempt = Attempt(
            redirect_uri=self.providers.address(name, "callback"),
            state=arrival.state,
            nonce=flow.nonce,
            code_verifier=flow.code_verifier,
        )
        try:
            proved = await provider.port.finish(attempt, arrival.code, issuer=arrival.issuer)
            require_domain(proved, provider.configuration)
            ticket = await self._admit(provider, proved, mark, actor)
        except PlatformError as error:
            await self._repository.note_refusal(name, error.code, actor)
            return extend(flow.return_to, "error", error.code.lower())
        return extend(flow.return_to, "ticket", str(ticket))

    async def exchange(
        self, ticket: str, verifier: str | None, actor: Actor, origin: Origin
    ) -> SessionTokens:
        """Change a ticket for the tokens of a new session.

        Raises:
            AuthenticationError: it is not good, or its user is not active; it does not say which.
        """
        found = await self._take(hash_ticket(ticket, verifier), _SIGN_IN)
        name = found.purpose.removeprefix(_SIGN_IN)
        tokens = await self._sessions.begin(found.user_id, f"provider:{name}", actor, origin)
        if tokens is None:
            raise AuthenticationError(_STALE)
        return tokens

    async def begin_link(self, name: str, start: LinkStart, actor: Actor, user_id: UUID) -> str:
        """Return where a signed-in user's browser goes to prove who they are elsewhere.

        Raises:
            NotFoundError: there is no such provider.
            ValidationError: browsers are not sent to `return_to`.
        """
        self.providers.find(name)
        self._require_return(start.return_to)
        token = mint(TICKET_PREFIX)
        await self._add(hash_credential(token), user_id, _LINK + name)
        await self._repository.note_link(user_id, name, actor)
        query = {"return_to": start.return_to, "challenge": start.challenge, "link": token}
        return f"{self.providers.address(name, 'start')}?{urlencode(query)}"

    async def finish_link(self, ticket: str, verifier: str, actor: Actor, user_id: UUID) -> None:
        """Link what a user's browser came back with, if that very user began it.

        Raises:
            AuthenticationError: the ticket is not good, or another user's.
            ValidationError: the identity is linked already.
        """
        found = await self._take(hash_ticket(ticket, verifier), _LINKED)
        if found.user_id != user_id:
            raise AuthenticationError(_STALE)
        identity = Identity(
            provider=found.purpose.removeprefix(_LINKED),
            subject=read_subject(ticket),
            user_id=user_id,
            email=found.email,
            linked_at=self._clock.now(),
        )
        if not await self._repository.link(identity, actor):
            refuse("ticket", "this identity is linked to a user already")

    async def list_identities(self, user_id: UUID) -> Sequence[Identity]:
        """Return who a user is elsewhere."""
        return await self._repository.list_identities(user_id)

    async def unlink(self, user_id: UUID, name: str, actor: Actor) -> None:
        """Forget who a user is at a provider.

        Raises:
            NotFoundError: there is nothing to forget.
            ValidationError: the user could not sign in any more.
        """
        is_done = await self._repository.unlink(user_id, name, actor)
        if is_done is None:
            raise NotFoundError("no such identity")
        if not is_done:
            refuse("name", "is the only way to sign in; set a password first")

    async def _admit(
        self, provider: Provider, proved: ProvedIdentity, mark: BrowserMark, actor: Actor
    ) -> Ticket:
        name = provider.configuration.name
        if mark.user_id is not None:
            ticket = Ticket(mint(TICKET_PREFIX), proved.subject.encode().hex())
            token_hash = ticket.hash(mark.challenge)
            await self._add(token_hash, mark.user_id, _LINKED + name, email=proved.email)
            return ticket
        user_id = await self._find_or_add(provider, proved, actor)
        ticket = Ticket(mint(TICKET_PREFIX))
        await self._add(ticket.hash(mark.challenge), user_id, _SIGN_IN + name)
        return ticket

    async def _find_or_add(self, provider: Provider, proved: ProvedIdentity, actor: Actor) -> UUID:
        name = provider.configuration.name
        found = await self._repository.find_user(name, proved.subject)
        if found is None:
            now = self._clock.now()
            newcomer = make_newcomer(proved, provider.configuration, now)
            identity = Identity(name, proved.subject, newcomer.id, proved.email, now)
            if await self._repository.add_user(newcomer, identity, actor):
                return newcomer.id
            found = await self._repository.find_user(name, proved.subject)
        if found is None:
            raise AuthorizationError("this address belongs to a user: sign in and link")
        user_id, is_active = found
        if not is_active:
            raise AuthenticationError("this user is not active")
        return user_id

    async def _add(
        self, token_hash: str, user_id: UUID, purpose: str, *, email: str | None = None
    ) -> None:
        expires_at = self._clock.now() + timedelta(seconds=TICKET_S)
        await self._repository.add_one_time(
            OneTime(token_hash, user_id, purpose, expires_at, email)
        )

    async def _take(self, token_hash: str, purpose: str) -> OneTime:
        found = await self._repository.take_one_time(token_hash, purpose=purpose)
        if found is None or found.expires_at <= self._clock.now():
            raise AuthenticationError(_STALE)
        return found

    async def _take_link(self, token: str, name: str) -> UUID:
        found = await self._take(hash_credential(token), _LINK)
        if found.purpose != _LINK + name:
            raise AuthenticationError(_STALE)
        return found.user_id

    def _require_return(self, return_to: str) -> None:
        if not is_allowed_return(return_to, self.providers.return_urls):
            refuse("return_to", "browsers are not sent there")
