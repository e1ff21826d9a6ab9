"""What the auth service must be told."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from ai4v.kit.settings import CommaSeparated, DatabaseSettings, ServiceSettings
from ai4v.services.auth.provider.configuration import ProviderConfiguration, read_providers


class AuthSettings(DatabaseSettings):
    """`AI4V_AUTH_*`, then `AI4V_*`."""

    service: ClassVar[str] = "auth"

    jwt_private_key: SecretStr
    """PEM of the Ed25519 key that signs access tokens; nobody else holds it. Several blocks: the
    first signs, all check."""
    audit_private_key: SecretStr
    """PEM of the Ed25519 key that signs heads of the audit log; nobody else holds it."""
    audit_head_file: Path | None = None
    """Where the signed heads go, outside the database; None: nowhere, and an audit log whose end
    was cut off cannot be told from one that never was longer."""
    session_lifetime_s: float = Field(default=30 * 86_400.0, ge=60)
    """From sign-in to the end of a session, used or not."""
    session_idle_s: float = Field(default=7 * 86_400.0, ge=60)
    """How long a session may go without being renewed."""
    public_url: str = "http://127.0.0.1:8080"
    """Where browsers reach the gateway, without a slash at the end."""
    providers: SecretStr = SecretStr("")
    """Whom users may sign in with: a JSON list, or TOML with a `[[provider]]` for each."""
    return_urls: CommaSeparated[str] = ()
    """Where browsers may be sent after a sign-in elsewhere, letter for letter, separated by commas;
    programs on the user's own machine (`http://127.0.0.1:<port>/`) always."""
    allows_loopback_providers: bool = False
    """Whether a provider may be on this very machine without TLS: for tests."""

    registration: Literal["open", "closed"] = "closed"
    """Whether anybody may register; an administrator adds users either way."""
    smtp_url: SecretStr = SecretStr("")
    """The mail server: `smtp://user:password@host:port` with STARTTLS, `smtps://` with TLS,
    `smtp+plain://host` with neither; empty: no letters, the operator makes the links."""
    mail_sender: str = ""
    """The address that letters come from; must be there when the mail server is."""
    page_url: str = ""
    """The web page that the links in letters lead to, without a slash at the end; empty: that of
    the gateway."""

    @field_validator("providers")
    @classmethod
    def _check_providers(cls, text: SecretStr) -> SecretStr:
        read_providers(text.get_secret_value())
        return text

    def list_providers(self) -> tuple[ProviderConfiguration, ...]:
        """Return the providers that users may sign in with."""
        return read_providers(self.providers.get_secret_value())

    def read_jwt_private_key(self) -> str:
        """Read this one secret again; where nothing is found, it is that of the start.

        Raises:
            ValueError: the settings cannot be read any more.
        """
        found = _SigningKey().jwt_private_key
        return (found or self.jwt_private_key).get_secret_value()


class _SigningKey(ServiceSettings):
    """The one secret that changes while the service runs."""

    service: ClassVar[str] = "auth"

    port: int = 0
    cache_url: SecretStr = SecretStr("")
    internal_public_key: SecretStr = SecretStr("")
    identity_secret: SecretStr = SecretStr("")
    jwt_private_key: SecretStr | None = None
