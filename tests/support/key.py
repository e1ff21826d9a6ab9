"""Ed25519 key pairs made up for a test."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr


def private_pem(key: Ed25519PrivateKey) -> str:
    """Return the key as PKCS#8."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class KeyPair:
    """A new pair."""

    def __init__(self) -> None:
        key = Ed25519PrivateKey.generate()
        self.private = SecretStr(private_pem(key))
        self.public = SecretStr(
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )
