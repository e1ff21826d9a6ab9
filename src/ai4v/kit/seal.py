"""Proof that a process of the platform wrote something, for what lies where others may write too.

A sealed content is 64 hexadecimal digits of HMAC-SHA256 (RFC 2104), 12 of the millisecond since
1970 at which it ends, and the content as it is. The code covers both and the place where it lies,
so that nothing can be changed, moved, or put back once it has ended.
"""

import hmac
from typing import Final

from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.log import get_logger

LEEWAY_S: Final = 60.0
"""How far apart the clocks of two machines may be: what has ended is believed for so much longer.
Leases and keys of the store end on the store's own clock all the same."""
_FEWEST: Final = 32
_CODE: Final = 64
_HEAD: Final = _CODE + 12
_log: Final = get_logger(__name__)


class Seal:
    """Seals, and tells whether others who hold the secret did.

    Args:
        secrets: as `read_secrets` takes them.
        clock: tells the time of day.

    Raises:
        ValueError: there is no secret, or a short one.
    """

    def __init__(self, secrets: str, clock: Clock | None = None) -> None:
        self._secrets = read_secrets(secrets)
        self._clock = clock or SystemClock()
        self._told: set[str] = set()
        self.refused = 0
        """Contents that were not believed."""

    def close(self, place: str, content: bytes, *, ttl_s: float) -> bytes:
        """Return `content` sealed for `place` and the next `ttl_s` seconds."""
        end = b"%012x" % (self._now_ms() + round(ttl_s * 1_000))
        return _code(self._secrets[0], place, end, content) + end + content

    def open(self, place: str, sealed: bytes) -> bytes | None:
        """Return what was sealed for `place`; None when it is not to be believed."""
        code, end, content = sealed[:_CODE], sealed[_CODE:_HEAD], sealed[_HEAD:]
        if not self._is_ours(code, place, end, content):
            self._refuse(place, "the platform did not write it there")
        elif self._now_ms() > int(end, 16) + LEEWAY_S * 1_000:
            self._refuse(place, "it has ended, or clocks are far apart")
        else:
            return content
        return None

    def _is_ours(self, code: bytes, place: str, end: bytes, content: bytes) -> bool:
        return len(end) == _HEAD - _CODE and any(
            hmac.compare_digest(_code(secret, place, end, content), code)
            for secret in self._secrets
        )

    def _refuse(self, place: str, reason: str) -> None:
        """Count it; the log is told once of each kind of place, for nobody must fill it."""
        self.refused += 1
        kind = place.partition(":")[0]
        if f"{kind} {reason}" not in self._told:
            self._told.add(f"{kind} {reason}")
            _log.warning("something in the shared store is not believed", kind=kind, reason=reason)

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1_000)


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Return the secrets in a text: parted by white space, the first seals, all are believed.

    Raises:
        ValueError: there is none, or a short one; the message does not repeat it.
    """
    secrets = tuple(part.encode() for part in text.split())
    if not secrets or any(len(secret) < _FEWEST for secret in secrets):
        raise ValueError(f"a secret has at least {_FEWEST} characters")
    return secrets


def _code(secret: bytes, place: str, end: bytes, content: bytes) -> bytes:
    name = place.encode(errors="surrogatepass")
    message = b"%s %d %s%s" % (end, len(name), name, content)
    return hmac.digest(secret, message, "sha256").hex().encode()
