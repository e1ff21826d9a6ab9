"""Signed heads: how long the audit log was, and its last hash, kept outside the database.

The chain alone cannot tell that its end was cut off, or that all of it was made anew. A head says
that at a time there was a row of that sequence and hash; the file only ever grows. It is as safe as
the place where it is: copy it elsewhere to be safe from whoever owns this machine.
"""

import base64
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ai4v.services.auth.audit.chain import Link

_CONTEXT: Final = "ai4v audit head"
"""Keeps a signature from meaning anything elsewhere."""
_ANY_CONFLICT: Final = "conflict"


class SignedHead(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int = Field(ge=1)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    at: AwareDatetime
    """When it was signed."""
    signature: str
    """Ed25519, base64."""

    def content(self) -> bytes:
        """Return what is signed."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{_CONTEXT}\n{self.sequence}\n{self.hash}\n{at}".encode()


class HeadSigner:
    """Signs heads.

    Raises:
        ValueError: the key is no Ed25519 key in PEM.
    """

    def __init__(self, private_key_pem: str) -> None:
        key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the audit key is not Ed25519")  # noqa: TRY004 - the wrong value of a setting
        self._key = key

    @property
    def public_key(self) -> Ed25519PublicKey:
        """Checks the heads."""
        return self._key.public_key()

    def sign(self, end: Link, at: datetime) -> SignedHead:
        """Return the head of a log that ends with `end`."""
        bare = SignedHead(sequence=end.sequence, hash=end.hash, at=at, signature="")
        signature = base64.b64encode(self._key.sign(bare.content())).decode()
        return bare.model_copy(update={"signature": signature})


class HeadFile:
    """The file of heads: one JSON object a line, oldest first. Its methods block."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, head: SignedHead) -> None:
        """Add a head and have it on the disk; a line that a crash tore off stays by itself.

        Raises:
            OSError: it cannot be written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            # One write: several processes may append to the same file.
            os.write(descriptor, b"\n" * is_torn + head.model_dump_json().encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_lines(self) -> list[str]:
        """Return the lines; none when there is no file.

        Raises:
            OSError: it cannot be read.
        """
        try:
            return self._path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []


class Heads:
    """What the signed heads say, and how many lines say nothing."""

    def __init__(self, lines: Iterable[str], public_key: Ed25519PublicKey) -> None:
        self.hashes: dict[int, str] = {}
        """The hash of the row of each sequence; no hash when heads contradict each other."""
        self.unreadable = 0
        """Lines torn off by a crash, or spoilt."""
        self.forged = 0
        """Heads whose signature is not of our key."""
        self.last: SignedHead | None = None
        for line in lines:
            if line.strip():
                self._take(line, public_key)

    def _take(self, line: str, public_key: Ed25519PublicKey) -> None:
        try:
            head = SignedHead.model_validate_json(line)
            public_key.verify(base64.b64decode(head.signature), head.content())
        except ValidationError:
            self.unreadable += 1
        except (InvalidSignature, ValueError):
            self.forged += 1
        else:
            known = self.hashes.setdefault(head.sequence, head.hash)
            if known != head.hash:
                self.hashes[head.sequence] = _ANY_CONFLICT
            self.last = head

    @property
    def count(self) -> int:
        """How many rows they vouch for."""
        return len(self.hashes)


def read_heads(lines: Sequence[str], public_key_pem: str) -> Heads:
    """Read heads with a public key in PEM.

    Raises:
        ValueError: it is no Ed25519 key.
    """
    key = serialization.load_pem_public_key(public_key_pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the audit key is not Ed25519")  # noqa: TRY004 - as above
    return Heads(lines, key)


def write_public_key(key: Ed25519PublicKey) -> str:
    """Return a public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")
