"""How a service reads its settings: `AI4V_<SERVICE>_<FIELD>` first, then `AI4V_<FIELD>`.

A secret may also be a file, named like the variable in lower case, in the folder that
`AI4V_SECRETS_DIR` names, as Docker and Kubernetes mount them. A field without a default that is
found nowhere stops the start with a message that names it.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from ai4v.kit.seal import read_secrets

COMMON_PREFIX = "AI4V_"


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


_ItemT = TypeVar("_ItemT")
CommaSeparated = Annotated[tuple[_ItemT, ...], NoDecode, BeforeValidator(_split)]
"""Several values in one variable, separated by commas."""


def _check_secrets(text: SecretStr) -> SecretStr:
    read_secrets(text.get_secret_value())
    return text


class ServiceSettings(BaseSettings):
    """What every service needs to be told."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False)

    service: ClassVar[str]
    """The name in services.toml; gives the environment prefix."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(ge=0, le=65535)
    """Port to listen on."""
    advertised_url: str = ""
    """Where others reach this instance; empty: `http://{host}:{port}`."""
    cache_url: SecretStr
    """`valkey://:password@host:port/0`, or `memory://` for a single process."""
    internal_public_key: SecretStr
    """PEM of the Ed25519 key that checks the gateway's internal tokens."""
    identity_secret: Annotated[SecretStr, AfterValidator(_check_secrets)]
    """What proves that a process of the platform wrote what is in the shared store: at least 32
    characters, the same for all. Several, parted by white space: the first seals, all are
    believed."""
    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    otlp_url: str = ""
    """Where a collector takes traces, `http://host:4318/v1/traces`; empty: none are made."""
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    """The share of new traces that is made and sent; those that a caller began are followed."""
    max_body_bytes: int = 32 * 1024 * 1024
    """Largest request body taken."""
    drain_s: float = 10.0
    """How long a stopping instance lets streams end and requests finish."""
    body_stall_s: float = Field(default=30.0, gt=0)
    """How long a client that sends a body may send nothing."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by two prefixes
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no dotenv files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look in the arguments, the environment and the secrets folder, own prefix first."""
        prefixes = (f"{COMMON_PREFIX}{cls.service.upper()}_", COMMON_PREFIX)
        folder = os.environ.get(f"{COMMON_PREFIX}SECRETS_DIR")  # noqa: TID251 - this is settings
        sources: list[PydanticBaseSettingsSource] = [init_settings]
        for prefix in prefixes:
            sources.append(EnvSettingsSource(settings_cls, env_prefix=prefix))
            if folder:
                sources.append(SecretsSettingsSource(settings_cls, folder, env_prefix=prefix))
        return tuple(sources)

    @classmethod
    def load(cls) -> Self:
        """Read the settings, or end the process with one line for each that is missing or wrong."""
        try:
            return cls()
        except ValidationError as error:
            for line in _explain(cls.service, error):
                sys.stderr.write(line + "\n")
            raise SystemExit(2) from None

    @property
    def base_url(self) -> str:
        """Where this instance tells others to find it."""
        return self.advertised_url or f"http://{self.host}:{self.port}"


class EdgeSettings(ServiceSettings):
    """Settings of what the outside talks to."""

    tls_certificate: Path | None = None
    """PEM file of the certificate and those that vouch for it; read again on SIGHUP."""
    tls_private_key: Path | None = None
    """PEM file of its key, without a password."""

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_private_key is None):
            raise ValueError("tls_certificate and tls_private_key go together")
        return self

    @property
    def base_url(self) -> str:
        """Where this instance tells others to find it; a certificate makes it https."""
        scheme = "http" if self.tls_certificate is None else "https"
        return self.advertised_url or f"{scheme}://{self.host}:{self.port}"


class DatabaseSettings(ServiceSettings):
    """Settings of a service that owns a schema."""

    database_url: SecretStr
    """`postgresql+asyncpg://user:password@host:port/database`."""
    database_pool: int = 8
    """Connections kept, and no more."""


class InferenceSettings(DatabaseSettings):
    """Settings of a service that runs models."""

    model_dir: Path
    """Where `ai4v models pull` puts the models."""
    max_items: int = Field(default=32, ge=1)
    """Most items in one call."""
    queue_limit: int = Field(default=32, ge=1)
    """Most calls being answered at once; more are told to come back."""
    load_retry_s: float = Field(default=5.0, gt=0)
    """Between attempts to load an engine."""
    sweep_interval_s: float = Field(default=10.0, gt=0)
    """Between looks for requests that nobody works on any more."""
    sweep_lease_s: float = Field(default=15.0, gt=0)
    """How old a request of a dead instance must be to be given up."""
    sweep_grace_s: float = Field(default=30.0, gt=0)
    """How long after its deadline any request is given up."""


def _explain(service: str, error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        names = f"{COMMON_PREFIX}{service.upper()}_{name} (or {COMMON_PREFIX}{name})"
        lines.append(f"{service} cannot start: {names}: {problem['msg']}")
    return lines
