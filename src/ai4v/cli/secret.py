"""The passwords and keys of one installation: made once, each in a file of its own."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from ai4v.adapters.postgres import embedded as postgres
from ai4v.adapters.postgres.embedded import Passwords
from ai4v.adapters.valkey import embedded as valkey
from ai4v.cli.layout import write_private
from ai4v.kit.topology import Topology

_PASSWORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the supervisor itself needs to know; services read their own from the folder."""

    postgres: Passwords
    valkey: str


def prepare_secrets(folder: Path, topology: Topology) -> Secrets:
    """Make the secrets that are missing, and write the addresses that contain one."""
    passwords = Passwords(
        superuser=_password(folder / "postgres_superuser_password"),
        role=_password(folder / "postgres_password"),
    )
    valkey_password = _password(folder / "valkey_password")
    _key_pair(folder / "ai4v_gateway_internal_private_key", folder / "ai4v_internal_public_key")
    _private_key(folder / "ai4v_auth_jwt_private_key")
    _private_key(folder / "ai4v_auth_audit_private_key")
    _password(folder / "ai4v_identity_secret")
    postgres_port = topology.engine("postgres").port
    valkey_port = topology.engine("valkey").port
    write_private(
        folder / "ai4v_database_url",
        f"postgresql+asyncpg://{postgres.ROLE}:{passwords.role}"
        f"@{postgres.HOST}:{postgres_port}/{postgres.DATABASE}",
    )
    write_private(
        folder / "ai4v_cache_url", f"valkey://:{valkey_password}@{valkey.HOST}:{valkey_port}/0"
    )
    return Secrets(passwords, valkey_password)


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(_PASSWORD_BYTES))
    return path.read_text("ascii")


def make_private_key() -> str:
    """Return a new Ed25519 key in PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii")


def _private_key(path: Path) -> None:
    if not path.exists():
        write_private(path, make_private_key())


def _key_pair(private: Path, public: Path) -> None:
    _private_key(private)
    if public.exists():
        return
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_private(public, pem.decode("ascii"))
