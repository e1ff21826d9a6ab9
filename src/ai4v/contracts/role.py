"""The roles of users."""

from enum import StrEnum


class Role(StrEnum):
    """What kind of user somebody is; `contracts/permission.py` says what each may do."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    """Looks after users and keys, changes neither roles nor the platform."""
    USER = "user"
    GUEST = "guest"
    """Looks around; somebody who registered and has not proved the address yet is one."""
