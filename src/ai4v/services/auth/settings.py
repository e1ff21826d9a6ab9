"""What the auth service must be told."""

from typing import ClassVar

from pydantic import SecretStr

from ai4v.kit.settings import DatabaseSettings


class AuthSettings(DatabaseSettings):
    """`AI4V_AUTH_*`, then `AI4V_*`."""

    service: ClassVar[str] = "auth"

    jwt_private_key: SecretStr
    """PEM of the Ed25519 key that signs access tokens; nobody else holds it."""
