"""Tokens: ours are believed until they expire, forged ones never (RFC 8725)."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from ai4v.contracts.error import AuthenticationError
from ai4v.services.auth.accesstoken import LIFETIME, AccessTokens
from ai4v.services.auth.sessionrecord import Session
from tests.support.clock import ManualClock

Claims = dict[str, object]

_KEY = Ed25519PrivateKey.generate()
_CLOCK_START = ManualClock().now()
_HEADER: Claims = {"alg": "Ed25519", "typ": "at+jwt"}


def _pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _claims(**changes: object) -> Claims:
    claims: Claims = {
        "iss": "ai4v-auth",
        "aud": "ai4v",
        "sub": str(uuid4()),
        "iat": int(_CLOCK_START.timestamp()),
        "exp": int((_CLOCK_START + LIFETIME).timestamp()),
        "jti": str(uuid4()),
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _sign(claims: Claims, header: Claims | None = None, key: Ed25519PrivateKey = _KEY) -> str:
    algorithm = str((header or _HEADER)["alg"])
    jwk = OKPKey.import_key(_pem(key))
    return jwt.encode(header or _HEADER, claims, jwk, algorithms=[algorithm])


def _sign_raw(header: Claims) -> str:
    """Sign good claims under whatever header, rightly."""
    content = f"{_encode(header)}.{_encode(_claims())}"
    signature = base64.urlsafe_b64encode(_KEY.sign(content.encode())).decode().rstrip("=")
    return f"{content}.{signature}"


def _encode(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _sign_with_public_key() -> str:
    public = _KEY.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    header = {"alg": "HS256", "typ": "at+jwt"}
    return jwt.encode(header, _claims(), OctKey.import_key(public), algorithms=["HS256"])


def _carry_own_key() -> str:
    other = Ed25519PrivateKey.generate()
    public = OKPKey.import_key(_pem(other)).as_dict(private=False)
    return _sign(_claims(), {**_HEADER, "jwk": public}, other)


def _tamper() -> str:
    header, _, signature = _sign(_claims()).split(".")
    return f"{header}.{_encode(_claims())}.{signature}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens(_pem(_KEY), clock)


def test_what_was_signed_is_read(tokens: AccessTokens) -> None:
    session = Session(uuid4(), uuid4(), _CLOCK_START + LIFETIME)
    assert tokens.read(tokens.sign(session)) == session


def test_these_tests_can_make_good_tokens(tokens: AccessTokens) -> None:
    tokens.read(_sign(_claims()))
    tokens.read(_sign_raw(_HEADER))


def test_a_token_ends_at_its_time(tokens: AccessTokens, clock: ManualClock) -> None:
    token = tokens.sign(Session(uuid4(), uuid4(), _CLOCK_START + LIFETIME))
    clock.advance(LIFETIME.total_seconds() - 1)
    tokens.read(token)
    clock.advance(1)
    with pytest.raises(AuthenticationError):
        tokens.read(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "asr"},
        {"aud": None},
        {"iss": "ai4v-internal"},
        {"iss": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": int((_CLOCK_START - timedelta(hours=1)).timestamp())},
        {"iat": int((_CLOCK_START + timedelta(hours=1)).timestamp())},
        {"nbf": int((_CLOCK_START + timedelta(hours=1)).timestamp())},
        {"jti": None},
        {"jti": "../../etc"},
        {"jti": 7},
        {"sub": None},
        {"sub": "admin"},
    ],
    ids=repr,
)
def test_wrong_claims_under_our_own_signature_are_refused(
    tokens: AccessTokens, changes: Claims
) -> None:
    with pytest.raises(AuthenticationError):
        tokens.read(_sign(_claims(**changes)))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(
            lambda: f"{_encode({'alg': 'none', 'typ': 'at+jwt'})}.{_encode(_claims())}.",
            id="alg none",
        ),
        pytest.param(lambda: _sign(_claims(), key=Ed25519PrivateKey.generate()), id="another key"),
        pytest.param(_sign_with_public_key, id="our public key as a shared secret"),
        pytest.param(_carry_own_key, id="brings its own key"),
        pytest.param(_tamper, id="other claims under a good signature"),
        pytest.param(lambda: _sign(_claims(), {"alg": "Ed25519", "typ": "JWT"}), id="other type"),
        pytest.param(lambda: _sign(_claims(), {"alg": "Ed25519"}), id="default type"),
        pytest.param(lambda: _sign_raw({**_HEADER, "alg": "EdDSA"}), id="other algorithm"),
        pytest.param(lambda: _sign_raw({**_HEADER, "crit": ["future"], "future": 1}), id="crit"),
        pytest.param(lambda: _sign(_claims(padding="x" * 5_000)), id="too long"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "...", id="dots"),
        pytest.param(lambda: "a.b.c", id="no base64"),
        pytest.param(lambda: f"{_encode([])}.{_encode([])}.AAAA", id="lists"),
        pytest.param(lambda: "ü.ü.ü", id="not ASCII"),
        pytest.param(lambda: "\ud800.a.b", id="half a character"),
        pytest.param(lambda: "a.b.c.d.e", id="an encrypted token's shape"),
    ],
)
def test_forged_tokens_are_refused(tokens: AccessTokens, forge: Callable[[], str]) -> None:
    with pytest.raises(AuthenticationError):
        tokens.read(forge())
