"""The use cases of sessions: begin, renew, list, end, and say whose an access token is.

A refresh token is good once. One that comes a second time was stolen, from the client or on its
way back, or a client raced itself; from here the two look alike, within a second as after a week.
So the whole session ends, for thief and owner alike: the owner signs in again, and the thief holds
nothing. A grace for quick repetitions would be one for thieves too, so there is none: clients
renew one at a time (docs/adr/0016-sessions-and-tokens.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.error import AuthenticationError, NotFoundError, ValidationError
from ai4v.contracts.session import REFRESH_PREFIX, JsonWebKeySet, SessionTokens
from ai4v.kit.clock import Clock
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.revocation import RevocationMarks
from ai4v.services.auth.session.accesstoken import LIFETIME, AccessTokens
from ai4v.services.auth.session.opaque import mint
from ai4v.services.auth.session.record import AccessGrant, IssuedPair, Origin, Session
from ai4v.services.auth.session.repository import SessionRepository
from ai4v.services.auth.session.signingkey import SigningKeyError, SigningKeys

_LISTED: Final = 200
"""Sessions of one user that are listed; the last used ones."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long sessions last."""

    lifetime: timedelta
    """From its beginning, used or not."""
    idle: timedelta
    """Without being renewed."""


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What the service works with."""

    repository: SessionRepository
    keys: SigningKeys
    tokens: AccessTokens
    marks: RevocationMarks
    limits: SessionLimits
    clock: Clock


class SessionService:
    """Sessions of users.

    Every method that reaches the database raises `DatabaseUnavailableError` when it cannot.
    """

    def __init__(self, parts: SessionParts) -> None:
        self._repository = parts.repository
        self._keys = parts.keys
        self._tokens = parts.tokens
        self._marks = parts.marks
        self._limits = parts.limits
        self._clock = parts.clock

    async def begin(
        self,
        user_id: UUID,
        method: str,
        actor: Actor,
        origin: Origin,
        *,
        password_hash: str | None = None,
    ) -> SessionTokens | None:
        """Start a session for somebody who has proved who they are.

        Args:
            user_id: who.
            method: how: `password` or `provider:<name>`.
            actor: who asked.
            origin: where from.
            password_hash: the one that was right, if it was a password.

        Returns:
            Its tokens; None when the user is not active or has another password by now.
        """
        now = self._clock.now().replace(microsecond=0)
        session = Session(
            id=uuid4(),
            user_id=user_id,
            method=method,
            origin=origin,
            created_at=now,
            last_used_at=now,
            expires_at=now + self._limits.lifetime,
        )
        pair = self._issue(session)
        added = await self._repository.add(session, pair, actor, password_hash=password_hash)
        return self._show(pair) if added else None

    async def refresh(self, refresh_token: str, actor: Actor) -> SessionTokens:
        """Change a refresh token for a new pair; one that was changed before ends its session.

        Raises:
            AuthenticationError: it is not good; it does not say why.
        """
        issued: list[IssuedPair] = []

        def issue(session: Session) -> IssuedPair | None:
            if session.expires_at <= self._clock.now():
                return None
            issued.append(self._issue(session))
            return issued[-1]

        renewal = await self._repository.renew(refresh_token, issue, actor, now=self._clock.now())
        await self._marks.put(renewal.ended)
        if renewal.session is None or not issued:
            raise AuthenticationError("the refresh token is not good; sign in again")
        return self._show(issued[-1])

    async def list_live(self, user_id: UUID) -> Sequence[Session]:
        """Return the sessions of a user that have not ended, the last used first."""
        now = self._clock.now()
        return await self._repository.list_live(
            user_id, now=now, used_since=now - self._limits.idle, limit=_LISTED
        )

    async def end(self, user_id: UUID, session_id: UUID, actor: Actor) -> None:
        """End a session of that user, with all of its tokens.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        ended = await self._repository.end(user_id, session_id, actor, now=self._clock.now())
        if ended is None:
            raise NotFoundError("no such session")
        await self._marks.put(ended)

    async def end_all(self, user_id: UUID, actor: Actor) -> None:
        """End every session of a user, with all of their tokens.

        Raises:
            NotFoundError: there is no such user.
        """
        ended = await self._repository.end_all(user_id, actor, now=self._clock.now())
        if ended is None:
            raise NotFoundError("no such user")
        await self._marks.put(ended)

    def publish_keys(self) -> JsonWebKeySet:
        """Return the public keys that check access tokens."""
        return JsonWebKeySet(keys=self._keys.publish())

    async def reload_keys(self, actor: Actor) -> tuple[str, ...]:
        """Take up the signing keys as the secret has them now; return their names.

        Raises:
            ValidationError: the secret holds no good keys; those of before stay.
        """
        before = self._keys.key_ids
        try:
            self._keys.reload()
        except SigningKeyError as error:
            raise ValidationError(f"the signing keys cannot be taken up: {error}") from None
        await self._repository.note_keys(before, self._keys.key_ids, actor)
        return self._keys.key_ids

    def _issue(self, session: Session) -> IssuedPair:
        now = self._clock.now().replace(microsecond=0)
        access_expires_at = min(now + LIFETIME, session.expires_at)
        grant = AccessGrant(session.user_id, session.id, access_expires_at)
        return IssuedPair(
            access_token=self._tokens.sign(grant),
            access_expires_at=access_expires_at,
            refresh_token=mint(REFRESH_PREFIX),
            refresh_expires_at=min(now + self._limits.idle, session.expires_at),
        )

    def _show(self, pair: IssuedPair) -> SessionTokens:
        now = self._clock.now().replace(microsecond=0)
        return SessionTokens(
            access_token=pair.access_token,
            expires_in=int((pair.access_expires_at - now).total_seconds()),
            refresh_token=pair.refresh_token,
            refresh_expires_in=int((pair.refresh_expires_at - now).total_seconds()),
        )
