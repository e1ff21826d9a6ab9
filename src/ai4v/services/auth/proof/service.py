"""The use cases of registration and of one-time tokens.

To somebody who has not signed in, no answer here tells whether a name or an address is known: not
by its words, nor by its time. What differs is done by the postman, after the answer.
"""

from dataclasses import dataclass
from typing import Literal, NoReturn
from uuid import UUID, uuid4

from ai4v.contracts.account import LinkView, MeChange, Purpose, Registration, ResetConfirmation
from ai4v.contracts.error import AuthorizationError, NotFoundError
from ai4v.contracts.identity import hash_credential
from ai4v.contracts.role import Role
from ai4v.kit.clock import Clock
from ai4v.ports.mailer import Letter
from ai4v.services.auth.account.record import User
from ai4v.services.auth.account.service import AccountService
from ai4v.services.auth.account.throttle import Throttle
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.proof.letter import (
    Letters,
    tell_change,
    tell_name_is_taken,
    tell_owner,
)
from ai4v.services.auth.proof.onetimetoken import mint_token
from ai4v.services.auth.proof.postman import Postman
from ai4v.services.auth.proof.repository import ProofRepository
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks

RegistrationRule = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class ProofParts:
    """What the service works with."""

    repository: ProofRepository
    accounts: AccountService
    throttle: Throttle
    marks: RevocationMarks
    letters: Letters
    postman: Postman | None
    """None: there is no mail server, and links come from the operator."""
    clock: Clock
    registration: RegistrationRule


class ProofService:
    """Registration, addresses, lost passwords.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached, those that
    anybody may ask for `RateLimitExceededError` and `RateLimiterUnavailableError`, and those that
    take a password `PasswordOverloadError`.
    """

    def __init__(self, parts: ProofParts) -> None:
        self._repository = parts.repository
        self._accounts = parts.accounts
        self._throttle = parts.throttle
        self._marks = parts.marks
        self._letters = parts.letters
        self._postman = parts.postman
        self._clock = parts.clock
        self._registration = parts.registration

    async def register(self, registration: Registration, actor: Actor) -> None:
        """Make a guest of somebody, who becomes a user with the proof of the address.

        Raises:
            AuthorizationError: nobody may register here.
            ValidationError: the password is not good enough.
        """
        if self._registration == "closed":
            raise AuthorizationError("registration is closed: ask the administrator for an account")
        await self._throttle.ask(actor.address, registration.email)
        password = registration.password.get_secret_value()
        password_hash = await self._accounts.hash_new(
            "password", password, registration.username, registration.email
        )
        now = self._clock.now()
        user = User(
            id=uuid4(),
            username=registration.username,
            password_hash=password_hash,
            role=Role.GUEST,
            is_active=True,
            created_at=now,
            email=registration.email,
        )
        token, kept = mint_token(Purpose.VERIFY_EMAIL, now)
        owner = await self._repository.register(user, kept, actor)
        if owner is not None and owner.id == user.id:
            self._post(self._letters.verify(registration.email, user.username, token))
        elif owner is not None:
            self._post(tell_owner(registration.email, owner.username))
        else:
            self._post(tell_name_is_taken(registration.email, user.username))

    async def resend(self, email: str, actor: Actor) -> None:
        """Send the link once more, if somebody has registered with that address."""
        await self._throttle.ask(actor.address, email)
        token, kept = mint_token(Purpose.VERIFY_EMAIL, self._clock.now())
        user = await self._repository.ask_again(email, kept, actor)
        if user is not None:
            self._post(self._letters.verify(email, user.username, token))

    async def verify_email(self, token: str, actor: Actor) -> None:
        """Spend a token: the address is the user's.

        Raises:
            ValidationError: the token is not good.
        """
        await self._throttle.ask(actor.address)
        spent = await self._repository.verify_email(
            hash_credential(token), actor, self._clock.now()
        )
        if spent is None:
            _refuse_token()
        old, new = spent.before.email, spent.user.email
        if old is not None and old != new:
            self._post(tell_change(old, spent.user.username, "the e-mail address was changed"))
        await self._marks.put_stale(spent.changed)

    async def forget_password(self, account: str, actor: Actor) -> None:
        """Send a link to whoever has that name or address, if an address is known."""
        await self._throttle.ask(actor.address, account)
        token, kept = mint_token(Purpose.RESET_PASSWORD, self._clock.now())
        user = await self._repository.forget_password(account, kept, actor)
        if user is not None and user.email is not None:
            self._post(self._letters.reset(user.email, user.username, token))

    async def reset_password(self, confirmation: ResetConfirmation, actor: Actor) -> None:
        """Spend a token: the user has another password, and no sessions.

        Raises:
            ValidationError: the token is not good, or the password not good enough; a good token
                is then not spent.
        """
        await self._throttle.ask(actor.address)
        token_hash = hash_credential(confirmation.token.get_secret_value())
        now = self._clock.now()
        holder = await self._repository.find_holder(token_hash, Purpose.RESET_PASSWORD, now)
        if holder is None:
            _refuse_token()
        password = confirmation.new_password.get_secret_value()
        password_hash = await self._accounts.hash_new(
            "new_password", password, holder.username, holder.email
        )
        spent = await self._repository.reset_password(token_hash, password_hash, actor, now)
        if spent is None:
            _refuse_token()
        await self._marks.put(spent.ended)
        if spent.user.email is not None:
            username = spent.user.username
            self._post(tell_change(spent.user.email, username, "the password was changed"))

    async def change_email(self, user_id: UUID, change: MeChange, actor: Actor) -> None:
        """Send a link to the new address of a user who gives the password.

        Raises:
            ValidationError: the password is another.
        """
        current = change.current_password.get_secret_value()
        user = await self._accounts.confirm_password(user_id, current, actor.address)
        email = change.email
        await self._throttle.ask(actor.address, email)
        token, kept = mint_token(Purpose.VERIFY_EMAIL, self._clock.now())
        owner = await self._repository.ask_for_change(user, email, kept, actor)
        if owner is None:
            self._post(self._letters.verify(email, user.username, token))
        else:
            self._post(tell_owner(email, owner.username))

    async def make_link(self, username: str, purpose: Purpose, actor: Actor) -> LinkView:
        """Make a link for the operator to hand over.

        Raises:
            NotFoundError: there is no such active user, or no address to verify.
        """
        token, kept = mint_token(purpose, self._clock.now())
        user = await self._repository.make_link(username, kept, actor)
        if user is None:
            raise NotFoundError("no such active user, or no e-mail address to verify")
        url = self._letters.link(purpose, token)
        return LinkView(user_id=user.id, url=url, expires_at=kept.expires_at)

    def _post(self, letter: Letter) -> None:
        if self._postman is not None:
            self._postman.post(letter)


def _refuse_token() -> NoReturn:
    refuse("token", "is not good, or not any more: ask for another")
