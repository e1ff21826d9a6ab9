"""What the audit log says of one event; never a secret, never content."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from pydantic import JsonValue

TARGET_LENGTH: Final = 256
_SECRET_NAME: Final = re.compile(
    r"password|passphrase|secret|token|hash|credential|authorization|cookie|verifier|nonce|private"
    r"|api_?key|^key$|^code$|^state$|^pem$|^jwt$|^otp$"
    r"|^text$|^source$|^transcript$|^audio|^content$",
    re.IGNORECASE,
)
"""Names of fields that may hold a secret, or what somebody said or wrote."""
_HARMLESS_NAMES: Final = frozenset({"has_password", "audio_s_per_day"})
_SECRET_VALUE: Final = re.compile(r"a4v_[0-9A-Za-z]{22}_[0-9A-Za-z]{8,}|eyJ[\w-]{8,}\.[\w-]{8,}")
_REMOVED: Final = "[removed]"

Fields = Mapping[str, JsonValue]
Outcome = Literal["done", "refused"]


class Action(StrEnum):
    """Everything that the audit log tells of: `<what>.<verb>`."""

    USER_REGISTER = "user.register"
    USER_CREATE = "user.create"
    USER_UPDATE = "user.update"
    USER_VERIFY_EMAIL = "user.verify-email"
    USER_SEND_VERIFICATION = "user.send-verification"
    USER_ACTIVATE = "user.activate"
    USER_DEACTIVATE = "user.deactivate"
    PASSWORD_CHANGE = "password.change"  # noqa: S105 - the name of an action
    PASSWORD_FORGET = "password.forget"  # noqa: S105 - the name of an action
    PASSWORD_RESET = "password.reset"  # noqa: S105 - the name of an action
    SESSION_CREATE = "session.create"
    """A sign-in, by password or provider."""
    SESSION_REFRESH = "session.refresh"
    SESSION_REUSE = "session.reuse"
    """A refresh token came a second time: the session was ended."""
    SESSION_REVOKE = "session.revoke"
    SESSION_REVOKE_ALL = "session.revoke-all"
    SIGN_IN_BEGIN = "sign-in.begin"
    """Somebody was sent to a provider."""
    IDENTITY_LINK = "identity.link"
    IDENTITY_UNLINK = "identity.unlink"
    KEY_CREATE = "key.create"
    KEY_UPDATE = "key.update"
    KEY_ROTATE = "key.rotate"
    KEY_REVOKE = "key.revoke"
    ROLE_UPDATE = "role.update"
    SIGNING_KEY_ROTATE = "signing-key.rotate"
    PLATFORM_BOOTSTRAP = "platform.bootstrap"
    ADMINISTRATOR_RESET = "administrator.reset"
    ACCESS_REFUSE = "access.refuse"
    """A 401 or 403."""
    ACCESS_REFUSE_MANY = "access.refuse-many"
    """What a flood of refusals was folded into; `after` has the count."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, made fit for the log: it cannot be made with a secret in `before` or `after`."""

    action: Action
    target: str
    """What it happened to: `key:<id>`, `user:<id>`, `role:<name>`; 256 characters are kept."""
    outcome: Outcome = "done"
    before: Fields | None = None
    """What changed, as it was; None when there was nothing."""
    after: Fields | None = None
    """What changed, as it is; None when there is nothing."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", clean_text(self.target, TARGET_LENGTH))
        object.__setattr__(self, "before", guard(self.before))
        object.__setattr__(self, "after", guard(self.after))


def guard(fields: Fields | None) -> Fields | None:
    """Return `fields` without those, at any depth, whose name says that they are secret."""
    if fields is None:
        return None
    return {
        name: _guard_value(value)
        for name, value in fields.items()
        if name in _HARMLESS_NAMES or not _SECRET_NAME.search(name)
    }


def clean_text(text: str, length: int) -> str:
    """Return at most `length` characters that every database and terminal takes."""
    readable = "".join(sign if sign.isprintable() else "�" for sign in text[:length])
    return _SECRET_VALUE.sub(_REMOVED, readable)


def _guard_value(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return dict(guard(value) or {})
    if isinstance(value, list):
        return [_guard_value(item) for item in value]
    if isinstance(value, str):
        return _SECRET_VALUE.sub(_REMOVED, value)
    return value
