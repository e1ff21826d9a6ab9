"""Reading signed tokens (JWT) as RFC 8725 asks: strictly, before any key is touched.

The library checks signatures; what a stranger may write around one is checked here, once, for the
tokens that we sign and for those of the providers that users sign in with.
"""

import base64
import binascii
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

from ai4v.contracts.error import AuthenticationError

_FORBIDDEN: Final = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64"})
"""Header names by which a token would bring its own key, or rules that we do not know."""
_MAX_KID: Final = 256


class TokenRefusedError(AuthenticationError):
    """A token that is not believed; the message does not say which check refused it."""


@dataclass(frozen=True, slots=True)
class TokenRule:
    """What a kind of token looks like."""

    algorithms: Sequence[str]
    types: frozenset[str]
    """Values of `typ`, in lower case; the empty one lets it be absent."""
    max_length: int
    """Characters."""


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token whose form is right and whose signature nobody has checked yet."""

    text: str
    algorithm: str
    key_id: str | None
    """`kid`: a name to look up among known keys, never an address or a path."""

    def verify(self, key: Key) -> dict[str, object]:
        """Return the claims; their meaning is not checked.

        Raises:
            TokenRefusedError: another key signed it, or something else.
        """
        try:
            with warnings.catch_warnings():
                # RFC 9864 renames EdDSA; providers go on to write it.
                warnings.simplefilter("ignore", SecurityWarning)
                found = jws.deserialize_compact(self.text, key, algorithms=[self.algorithm])
            return _read_object(found.payload or b"")
        except (JoseError, ValueError):
            raise TokenRefusedError("the token is not valid") from None


def read_token(text: str, rule: TokenRule) -> SignedToken:
    """Check the form of a token.

    Raises:
        TokenRefusedError: it is none, or none of the kind that `rule` describes.
    """
    parts = text.split(".")
    if len(text) > rule.max_length or len(parts) != 3:
        raise TokenRefusedError("the token is not valid")
    try:
        header, _, _ = (_decode(part) for part in parts)
        return _read_header(text, _read_object(header), rule)
    except ValueError:
        raise TokenRefusedError("the token is not valid") from None


def find_time(claims: dict[str, object], name: str) -> int:
    """Return a claim that is a time, in whole seconds since 1970.

    Raises:
        TokenRefusedError: it is missing or no number.
    """
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        raise TokenRefusedError("the token is not valid")
    return int(value)


def find_text(claims: dict[str, object], name: str) -> str:
    """Return a claim that is a text with something in it.

    Raises:
        TokenRefusedError: it is missing or another kind.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenRefusedError("the token is not valid")
    return value


def check_times(claims: dict[str, object], *, now_s: float, early_s: float, late_s: float) -> None:
    """Return when the token is good now, by `exp`, `iat` and, when there is one, `nbf`.

    Args:
        claims: of a token whose signature is right.
        now_s: since 1970.
        early_s: how far its beginning may lie ahead: clocks of two machines.
        late_s: how long after its end it is still taken.

    Raises:
        TokenRefusedError: it is not, or a time is missing.
    """
    begins = [find_time(claims, "iat"), *([find_time(claims, "nbf")] if "nbf" in claims else ())]
    if find_time(claims, "exp") <= now_s - late_s or max(begins) > now_s + early_s:
        raise TokenRefusedError("the token is not valid any more, or not yet")


def _read_header(text: str, header: dict[str, object], rule: TokenRule) -> SignedToken:
    algorithm, kind, key_id = header.get("alg"), header.get("typ", ""), header.get("kid")
    if not _FORBIDDEN.isdisjoint(header):
        raise ValueError("brings its own key or rules")
    if not isinstance(algorithm, str) or algorithm not in rule.algorithms:
        raise ValueError("another algorithm")
    if not isinstance(kind, str) or kind.lower() not in rule.types:
        raise ValueError("another kind of token")
    if key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= _MAX_KID):
        raise ValueError("no name of a key")
    return SignedToken(text, algorithm, key_id)


def _decode(part: str) -> bytes:
    """Decode base64url as it is written, in one way only (no padding, no strange ends)."""
    try:
        padded = part.encode("ascii") + b"=" * (-len(part) % 4)
        content = base64.b64decode(padded, b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64url") from error
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise ValueError("not the one way to write it")
    return content


def _read_object(content: bytes) -> dict[str, object]:
    """Read a JSON object in which no name stands twice: two readers could take another one."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse_constant)
    try:
        value = decoder.decode(content.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for whatever is wrong
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
