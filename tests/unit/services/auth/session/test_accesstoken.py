"""Tokens: ours are believed until they expire, forged ones never (RFC 8725)."""

from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ai4v.contracts.error import AuthenticationError
from ai4v.services.auth.session.accesstoken import LIFETIME, AccessTokens
from ai4v.services.auth.session.record import AccessGrant
from ai4v.services.auth.session.signingkey import SigningKeys
from tests.support.clock import ManualClock
from tests.support.forgery import Fields, Forger
from tests.support.key import private_pem

_KEY = Ed25519PrivateKey.generate()
_START = ManualClock().now()
_CLAIMS: Fields = {
    "iss": "ai4v-auth",
    "aud": "ai4v",
    "sub": str(uuid4()),
    "sid": str(uuid4()),
    "iat": int(_START.timestamp()),
    "exp": int((_START + LIFETIME).timestamp()),
    "jti": str(uuid4()),
}
_FORGER = Forger(_KEY, _CLAIMS)
_FORGERIES = _FORGER.all()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return AccessTokens(SigningKeys(lambda: private_pem(_KEY), clock), clock)


def _grant() -> AccessGrant:
    return AccessGrant(uuid4(), uuid4(), _START + LIFETIME)


def test_what_was_signed_is_read(tokens: AccessTokens) -> None:
    grant = _grant()
    assert tokens.read(tokens.sign(grant)) == grant


def test_no_two_tokens_are_the_same(tokens: AccessTokens) -> None:
    grant = _grant()
    assert tokens.sign(grant) != tokens.sign(grant)


def test_these_tests_can_make_good_tokens(tokens: AccessTokens) -> None:
    assert str(tokens.read(_FORGER.sign()).user_id) == _CLAIMS["sub"]


def test_a_token_ends_at_its_time(tokens: AccessTokens, clock: ManualClock) -> None:
    token = tokens.sign(_grant())
    clock.advance(LIFETIME.total_seconds() - 1)
    tokens.read(token)
    clock.advance(1)
    with pytest.raises(AuthenticationError):
        tokens.read(token)


def test_a_clock_set_back_by_a_second_or_two_matters_not(
    tokens: AccessTokens, clock: ManualClock
) -> None:
    token = tokens.sign(_grant())
    clock.jump(-3)
    tokens.read(token)
    clock.jump(-30)
    with pytest.raises(AuthenticationError):
        tokens.read(token)


def test_there_are_enough_forgeries() -> None:
    assert len(_FORGERIES) >= 25
    assert len({forge() for forge in _FORGERIES.values()}) == len(_FORGERIES)


@pytest.mark.parametrize("what", _FORGERIES)
def test_forged_tokens_are_refused(tokens: AccessTokens, what: str) -> None:
    with pytest.raises(AuthenticationError):
        tokens.read(_FORGERIES[what]())
