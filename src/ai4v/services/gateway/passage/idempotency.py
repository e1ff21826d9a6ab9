"""One answer for each `Idempotency-Key`: a POST that is sent again is answered, not done again.

The first takes the key on a lease of 5 s, renewed while its call is under way; others are told to
wait. So a gateway that dies frees its keys by its death. What it holds a key by is a mark that
nobody else puts there: one that stood still for longer than its lease cannot overwrite what whoever
took over did, and answers as that one did.

A final answer is kept for 24 h, encrypted with a key that only the client's own header gives, so
that nobody who reads the cache reads content. Nothing is promised while the cache is down: such a
request is 503.
"""

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ai4v.contracts.error import PlatformError, ValidationError
from ai4v.kit.background import repeat
from ai4v.kit.log import get_logger
from ai4v.ports.cache import CacheUnavailableError, ExclusiveCache
from ai4v.services.gateway.passage.header import Header

HEADER: Final = "idempotency-key"
MAX_KEPT_BYTES: Final = 1 << 20
_KEEP_S: Final = 86_400.0
_LEASE_S: Final = 5.0
_RENEWAL_S: Final = 1.5
"""Between two renewals: two of them may fail."""
_LONGEST: Final = 255
_NONCE_BYTES: Final = 12
_HELD: Final = b"held:"
_KEPT: Final = b"kept:"
_NOT_FINAL: Final = frozenset({401, 403, 408, 429})
_UNDER_WAY: Final = "a request with this idempotency key is under way; try again"
_log: Final = get_logger(__name__)


class ConflictError(PlatformError):
    """Another request holds what this one needs."""

    code = "CONFLICT"
    status = 409


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A final answer, and the request that it answers."""

    fingerprint: str
    """Of the request."""
    status: int
    headers: tuple[Header, ...]
    body: bytes | None
    """None: it was too large to be kept."""


def is_final(status: int) -> bool:
    """Tell whether asking again would get the same answer."""
    return (200 <= status < 300 or 400 <= status < 500) and status not in _NOT_FINAL


def read_key(values: list[bytes] | tuple[bytes, ...]) -> str | None:
    """Return the key that a request carries, or None.

    Raises:
        ValidationError: two, or one that is no 1 to 255 printable ASCII characters.
    """
    if not values:
        return None
    key = values[0].decode("latin-1")
    is_good = key.isascii() and key.isprintable() and 0 < len(key) <= _LONGEST
    if len(values) > 1 or not is_good or " " in key:
        raise ValidationError.at(HEADER, f"1 to {_LONGEST} printable ASCII characters, no blanks")
    return key


class Ledger:
    """Knows which keys are taken, and what was answered; `run` beside it renews the leases."""

    def __init__(self, cache: ExclusiveCache, *, renewal_s: float = _RENEWAL_S) -> None:
        self._cache = cache
        self._renewal_s = renewal_s
        self._held: set[Entry] = set()

    def open(self, subject: str, key: str) -> "Entry":
        """Return what there is for one caller's key; nothing is looked up yet."""
        return Entry(self._cache, f"{subject}\0{key}".encode(), self._held)

    async def run(self) -> None:
        """Renew the leases for good."""
        await repeat(self.renew, name="leases of idempotency keys", pause_s=self._renewal_s)

    async def renew(self) -> None:
        """Renew the lease of every key whose call is under way."""
        await asyncio.gather(*(entry.renew() for entry in self._held))


class Entry:
    """What happens to one key of one caller.

    Args:
        cache: where keys are held and answers kept.
        name: of the key, whole.
        held: the entries whose leases are renewed; this one is among them while it holds the key.
    """

    def __init__(self, cache: ExclusiveCache, name: bytes, held: set["Entry"]) -> None:
        self._cache = cache
        self._place = f"idempotency:{hashlib.sha256(b'place' + name).hexdigest()}"
        self._cipher = AESGCM(hashlib.sha256(b"cipher" + name).digest())
        self._mark = _HELD + secrets.token_hex(8).encode()
        self._held = held

    async def take(self) -> KeptAnswer | None:
        """Take the key until it is kept or released; return the answer there is.

        Raises:
            ConflictError: another request with the key is under way, or its answer was not kept.
            CacheUnavailableError: nothing can be promised now.
        """
        if await self._cache.add(self._place, self._mark, ttl_s=_LEASE_S):
            self._held.add(self)
            return None
        return await self._find()

    async def renew(self) -> None:
        """Hold the key for another while, if it is still held; what fails is tried again later."""
        try:
            await self._cache.replace(self._place, self._mark, held=self._mark, ttl_s=_LEASE_S)
        except CacheUnavailableError:
            _log.warning("the lease of an idempotency key could not be renewed")

    async def keep(self, answer: KeptAnswer) -> KeptAnswer:
        """Keep the answer for whoever asks with the key again; return the one that is kept.

        It is another's when this one lost its lease and the other finished first.

        Raises:
            ConflictError: the lease was lost, and who has it now is not done.
            CacheUnavailableError: it is not known whether it is kept.
        """
        self._held.discard(self)
        place, sealed = self._place, self._seal(answer)
        if await self._cache.replace(place, sealed, held=self._mark, ttl_s=_KEEP_S):
            return answer
        if await self._cache.add(place, sealed, ttl_s=_KEEP_S):  # lost, and nobody took it
            return answer
        return await self._find()

    async def release(self) -> None:
        """Let another request have the key: this one came to nothing."""
        self._held.discard(self)
        await self._cache.remove(self._place, held=self._mark)

    async def _find(self) -> KeptAnswer:
        kept = await self._cache.get(self._place)
        answer = None if kept is None else self._read(kept)
        if answer is None:
            raise ConflictError(_UNDER_WAY, retry_after_s=1)
        return answer

    def _seal(self, answer: KeptAnswer) -> bytes:
        head = {
            "fingerprint": answer.fingerprint,
            "status": answer.status,
            "headers": [[part.decode("latin-1") for part in header] for header in answer.headers],
            "is_whole": answer.body is not None,
        }
        plain = json.dumps(head).encode() + b"\n" + (answer.body or b"")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _KEPT + nonce + self._cipher.encrypt(nonce, plain, None)

    def _read(self, kept: bytes) -> KeptAnswer | None:
        if not kept.startswith(_KEPT):
            return None
        sealed = kept.removeprefix(_KEPT)
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        except InvalidTag:
            return None
        head, _, body = plain.partition(b"\n")
        told = json.loads(head)
        return KeptAnswer(
            fingerprint=told["fingerprint"],
            status=told["status"],
            headers=tuple((a.encode("latin-1"), b.encode("latin-1")) for a, b in told["headers"]),
            body=body if told["is_whole"] else None,
        )


class Fingerprint:
    """Tells two requests apart: SHA-256 of the target and the body."""

    def __init__(self, target: bytes) -> None:
        self._hash = hashlib.sha256(target + b"\0")

    def add(self, piece: bytes) -> bytes:
        """Count a piece of the body and return it."""
        self._hash.update(piece)
        return piece

    def show(self) -> str:
        """Return what was counted."""
        return self._hash.hexdigest()


def check_same(answer: KeptAnswer, fingerprint: str) -> bytes:
    """Return the body of the answer when it answers this request.

    Raises:
        ValidationError: it answered another one.
        ConflictError: the answer was too large to be kept.
    """
    if answer.fingerprint != fingerprint:
        raise ValidationError.at(HEADER, "was used for another request; take a new one")
    if answer.body is None:
        raise ConflictError("this request was answered; the answer was too large to be kept")
    return answer.body
