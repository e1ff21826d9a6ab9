"""What the gateway is told by its environment."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, SecretStr, field_validator

from ai4v.kit.balance import Strategy
from ai4v.kit.settings import CommaSeparated, EdgeSettings


def _check_number(text: str) -> str:
    prefix, _, number = text.partition("=")
    if not prefix.startswith("/") or not number.isdigit() or int(number) == 0:
        raise ValueError(f"not a prefix and a number such as /api/v1/asr=600: {text}")
    return text


_NumberByPrefix = Annotated[str, AfterValidator(_check_number)]


class GatewaySettings(EdgeSettings):
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
    """Sign-ins, and other requests to paths of the kind, that one client address may try."""
    open_per_minute: int = Field(default=600, ge=1)
    """Requests without a key that one client address may make in a minute, sign-ins apart."""
    address_per_minute: int = Field(default=6_000, ge=1)
    """Requests with any keys that one client address may make in a minute."""
    refusals_per_minute: int = Field(default=60, ge=1)
    """Keys that are not good that one client address may try in a minute."""
    route_per_minute: CommaSeparated[_NumberByPrefix] = ()
    """Requests of all callers together by prefix, `/api/v1/asr=600`, separated by commas."""
    route_body_bytes: CommaSeparated[_NumberByPrefix] = ("/api/v1/auth=1048576",)
    """Largest request body by prefix; elsewhere `max_body_bytes`."""
    state_file: Path | None = None
    """Where the last known instances are kept for a start without Valkey; empty: nowhere."""
    balance: Strategy = Strategy.LATENCY
    """How the next instance is chosen: `latency` or `round-robin`."""
    hedged_services: CommaSeparated[str] = ()
    """Services that may be asked twice when an answer takes unusually long."""
    max_streams: int = Field(default=2_000, ge=1)
    """WebSockets open at once."""
    streams_per_key: int = Field(default=20, ge=1)
    """WebSockets open at once with one key, or by one user."""
    stream_message_bytes: int = Field(default=1 << 20, ge=1)
    """Largest message of a client."""
    stream_messages_per_s: int = Field(default=200, ge=1)
    """Messages of a client in a second."""
    stream_idle_s: float = Field(default=60.0, gt=0)
    """How long a WebSocket may say nothing."""

    @field_validator("state_file", mode="before")
    @classmethod
    def _read_empty(cls, value: object) -> object:
        return None if value == "" else value

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


def read_numbers(items: tuple[str, ...]) -> dict[str, int]:
    """Return the numbers by prefix that such a setting holds."""
    parted = (item.partition("=") for item in items)
    return {prefix: int(number) for prefix, _, number in parted}
