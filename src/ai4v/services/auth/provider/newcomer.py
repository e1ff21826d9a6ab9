"""Makes a user of whom a provider vouches for."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

from ai4v.contracts.error import AuthorizationError
from ai4v.ports.identityprovider import ProvedIdentity
from ai4v.services.auth.provider.configuration import ProviderConfiguration
from ai4v.services.auth.provider.repository import Newcomer

_STRANGE: Final = re.compile(r"[^a-z0-9._-]+")
_LONGEST: Final = 48
_TRIES: Final = 3


def make_newcomer(
    proved: ProvedIdentity, configuration: ProviderConfiguration, now: datetime
) -> Newcomer:
    """Return the user to be."""
    return Newcomer(
        id=uuid4(),
        usernames=_propose(proved, configuration.name),
        role=configuration.role,
        email=proved.email,
        created_at=now,
    )


def require_domain(proved: ProvedIdentity, configuration: ProviderConfiguration) -> None:
    """Return when somebody's verified address is of a domain that may sign in.

    Raises:
        AuthorizationError: it is not, or there is none.
    """
    domain = (proved.email or "").rpartition("@")[2]
    if configuration.allowed_domains and domain not in configuration.allowed_domains:
        raise AuthorizationError("users of this domain may not sign in here")


def _propose(proved: ProvedIdentity, provider: str) -> Sequence[str]:
    """Return usernames to try: what the user is called there, then with something after it."""
    called = proved.name or (proved.email or "").partition("@")[0]
    name = _STRANGE.sub("", called.lower()).lstrip("._-")[:_LONGEST] or provider
    return [name, *(f"{name}-{secrets.token_hex(4)}" for _ in range(_TRIES))]
