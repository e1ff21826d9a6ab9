import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from ai4v.contracts.error import AuthenticationError
from ai4v.contracts.identity import Principal
from ai4v.contracts.role import Role
from ai4v.kit.identity import InternalCaller, RelayedToken, TokenSigner, TokenVerifier
from tests.support.key import KeyPair

PAIR = KeyPair()
OTHER = KeyPair()
SIGNER = TokenSigner(PAIR.private.get_secret_value(), service="gateway")
USER = Principal(user_id="00000000-0000-0000-0000-000000000001", role=Role.USER)


def verifier() -> TokenVerifier:
    return TokenVerifier(PAIR.public.get_secret_value(), audience="asr")


def mint(pair: KeyPair = PAIR, **changes: object) -> str:
    now = int(time.time())
    caller = InternalCaller(service="gateway", principal=USER).model_dump(mode="json")
    claims = {"iss": "ai4v-internal", "aud": "asr", "iat": now, "exp": now + 60, "caller": caller}
    claims.update(changes)
    wanted = {name: value for name, value in claims.items() if value is not None}
    key = OKPKey.import_key(pair.private.get_secret_value())
    return jwt.encode({"alg": "Ed25519"}, wanted, key, algorithms=["Ed25519"])


def test_what_is_signed_is_believed() -> None:
    token = SIGNER.sign(USER, "asr")
    for _ in range(2):
        assert verifier().verify(token) == InternalCaller(service="gateway", principal=USER)


def test_a_service_may_ask_for_itself() -> None:
    assert verifier().verify(SIGNER.sign(None, "asr")).principal is None


def test_a_token_is_reused_for_the_same_caller_and_audience_only() -> None:
    assert SIGNER.sign(USER, "asr") == SIGNER.sign(USER, "asr")
    assert SIGNER.sign(USER, "asr") != SIGNER.sign(USER, "auth")
    assert SIGNER.sign(USER, "asr") != SIGNER.sign(None, "asr")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        mint(OTHER),
        mint(aud="auth"),
        mint(aud=None),
        mint(iss="somebody"),
        mint(iss=None),
        mint(exp=int(time.time()) - 10),
        mint(exp=None),
        mint(caller=None),
        mint(caller={"service": "gateway", "principal": {"user_id": "x"}}),
        mint()[:-4] + "AAAA",
        mint(aud="auth").rsplit(".", 1)[0] + "." + mint().rsplit(".", 1)[1],
    ],
)
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(AuthenticationError):
        verifier().verify(token)


def test_no_other_algorithm_is_taken() -> None:
    head, body, _ = mint().split(".")
    public = PAIR.public.get_secret_value()
    claims = jwt.decode(mint(), OKPKey.import_key(public), algorithms=["Ed25519"]).claims
    shared = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(b"x" * 32))
    for token in (shared, f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}."):
        with pytest.raises(AuthenticationError):
            verifier().verify(token)


def test_an_expired_token_is_not_believed_from_memory() -> None:
    checker = verifier()
    token = mint(exp=int(time.time()) - 3)
    checker.verify(token)
    with pytest.raises(AuthenticationError):
        TokenVerifier(PAIR.public.get_secret_value(), audience="auth").verify(token)


def test_token_for_a_service_that_asks_others_is_believed_by_them() -> None:
    token = SIGNER.sign(None, "pipeline", calls=("asr", "nmt"))
    for audience in ("pipeline", "asr", "nmt"):
        checker = TokenVerifier(PAIR.public.get_secret_value(), audience=audience)
        assert checker.verify(RelayedToken(token).sign(None, audience)).service == "gateway"
    stranger = TokenVerifier(PAIR.public.get_secret_value(), audience="auth")
    with pytest.raises(AuthenticationError):
        stranger.verify(token)
    assert token != SIGNER.sign(None, "pipeline")
