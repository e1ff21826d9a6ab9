"""What the gateway is told by its environment."""

from ipaddress import IPv4Network, IPv6Network
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from ai4v.kit.settings import CommaSeparated, ServiceSettings


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, `AI4V_GATEWAY_<FIELD>` or `AI4V_<FIELD>`."""

    service: ClassVar[str] = "gateway"

    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on."""
    internal_private_key: SecretStr
    """PEM of the Ed25519 key that signs internal tokens; no other service has it."""
    cors_origins: CommaSeparated[str] = ()
    """Origins whose pages may call us, separated by commas: `https://speech.example.org`."""
    trusted_proxies: CommaSeparated[IPv4Network | IPv6Network] = ()
    """Networks whose `X-Forwarded-For` is believed, separated by commas; empty: nobody's."""
    verify_timeout_s: float = Field(default=2.5, gt=0)
    """How long the auth service may take to check a credential."""
    connect_timeout_s: float = Field(default=1.0, gt=0)
    """How long connecting to an instance may take."""
    upstream_connections: int = Field(default=512, ge=1)
    """Connections to all services together."""
    sign_ins_per_minute: int = Field(default=60, ge=1)
    """Sign-ins that one client address may try in a minute."""
    open_per_minute: int = Field(default=600, ge=1)
    """Requests without a key that one client address may make in a minute, sign-ins apart."""

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            scheme, separator, host = origin.partition("://")
            if scheme not in {"http", "https"} or not separator or not host or "*" in host:
                raise ValueError(f"not an origin such as https://speech.example.org: {origin}")
            if "/" in host:
                raise ValueError(f"an origin has no path and no slash at its end: {origin}")
        return origins
