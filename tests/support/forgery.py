"""Forged access tokens: what RFC 8725 warns of, each wrong in one thing alone."""

import base64
import json
from collections.abc import Callable
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from tests.support.key import private_pem

Fields = dict[str, object]
_HOUR = 3600


def encode(part: object) -> str:
    """Write a part of a token."""
    return encode_bytes(part if isinstance(part, bytes) else json.dumps(part).encode())


def encode_bytes(content: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class Forger:
    """Makes tokens around one that is good.

    Args:
        key: the platform's own, for those that are rightly signed and wrong otherwise.
        claims: of a good token.
    """

    def __init__(self, key: Ed25519PrivateKey, claims: Fields) -> None:
        self._key = key
        self._other = Ed25519PrivateKey.generate()
        self._claims = claims
        self.key_id = OKPKey.import_key(private_pem(key)).thumbprint()
        self._header: Fields = {"alg": "Ed25519", "typ": "at+jwt", "kid": self.key_id}

    def sign(self, header: Fields | None = None, claims: Fields | None = None) -> str:
        """Sign rightly; None takes a name out."""
        return self._sign_parts(
            encode(_merge(self._header, header)), encode(_merge(self._claims, claims))
        )

    def all(self) -> dict[str, Callable[[], str]]:
        """Return the forgeries by what is wrong with them."""
        return {**self._signatures(), **self._headers(), **self._contents(), **self._shapes()}

    def _signatures(self) -> dict[str, Callable[[], str]]:
        header, claims = encode(self._header), encode(self._claims)
        good = self.sign()
        head, body, signature = good.split(".")
        raised = encode({**self._claims, "sub": str(uuid4())})
        none = encode({**self._header, "alg": "none"})
        return {
            "alg none": lambda: f"{none}.{claims}.",
            "alg None": lambda: f"{encode({**self._header, 'alg': 'None'})}.{claims}.",
            "alg none, a good signature": lambda: f"{none}.{claims}.{signature}",
            "no signature": lambda: f"{head}.{body}.",
            "another key under our name": lambda: self._sign_parts(header, claims, self._other),
            "our public key as a shared secret": self._sign_with_public_key,
            "other claims under a good signature": lambda: f"{head}.{raised}.{signature}",
            "another header under a good signature": (
                lambda: f"{encode({**self._header, 'x': 1})}.{body}.{signature}"
            ),
        }

    def _headers(self) -> dict[str, Callable[[], str]]:
        other = OKPKey.import_key(private_pem(self._other)).as_dict(private=False)
        own: Fields = {"jwk": OKPKey.import_key(private_pem(self._key)).as_dict(private=False)}
        claims = encode(self._claims)
        twice = f'{{"alg":"none","alg":"Ed25519","typ":"at+jwt","kid":"{self.key_id}"}}'
        brought = encode({**self._header, "jwk": other})
        return {
            "brings its own key": lambda: self._sign_parts(brought, claims, self._other),
            "brings our own key": lambda: self.sign(own),
            "names a key set elsewhere": lambda: self.sign({"jku": "https://evil.example/jwks"}),
            "names a certificate elsewhere": lambda: self.sign({"x5u": "https://evil.example/x"}),
            "crit": lambda: self.sign({"crit": ["exp"]}),
            "crit of something new": lambda: self.sign({"crit": ["future"], "future": 1}),
            "unencoded payload": lambda: self.sign({"b64": False, "crit": ["b64"]}),
            "another type": lambda: self.sign({"typ": "JWT"}),
            "no type": lambda: self.sign({"typ": None}),
            "the older name of the algorithm": lambda: self.sign({"alg": "EdDSA"}),
            "no name of a key": lambda: self.sign({"kid": None}),
            "an unknown name of a key": lambda: self.sign({"kid": "somebody"}),
            "a path as the name of a key": lambda: self.sign({"kid": "../../../../dev/null"}),
            "a query as the name of a key": lambda: self.sign({"kid": "' OR '1'='1"}),
            "a list as the name of a key": lambda: self.sign({"kid": [self.key_id]}),
            "a name twice in the header": lambda: self._sign_parts(encode(twice.encode()), claims),
        }

    def _contents(self) -> dict[str, Callable[[], str]]:
        start = self._claims["iat"]
        assert isinstance(start, int)
        header = encode(self._header)
        body = json.dumps(self._claims)
        twice = f'{body[:-1]}, "sub": "{uuid4()}"}}'.encode()
        endless = body.replace(str(self._claims["exp"]), "Infinity").encode()
        return {
            "for somebody else": lambda: self.sign(claims={"aud": "asr"}),
            "for several": lambda: self.sign(claims={"aud": ["ai4v", "asr"]}),
            "for nobody": lambda: self.sign(claims={"aud": None}),
            "of another issuer": lambda: self.sign(claims={"iss": "ai4v-internal"}),
            "of no issuer": lambda: self.sign(claims={"iss": None}),
            "expired": lambda: self.sign(claims={"exp": start - _HOUR}),
            "never expires": lambda: self.sign(claims={"exp": None}),
            "expires tomorrow, in words": lambda: self.sign(claims={"exp": "tomorrow"}),
            "expires at infinity": lambda: self._sign_parts(header, encode(endless)),
            "issued in the future": lambda: self.sign(claims={"iat": start + _HOUR}),
            "not issued": lambda: self.sign(claims={"iat": None}),
            "not good yet": lambda: self.sign(claims={"nbf": start + _HOUR}),
            "without an id": lambda: self.sign(claims={"jti": None}),
            "a path as its id": lambda: self.sign(claims={"jti": "../../etc"}),
            "a number as its id": lambda: self.sign(claims={"jti": 7}),
            "of no session": lambda: self.sign(claims={"sid": None}),
            "of nobody": lambda: self.sign(claims={"sub": None}),
            "of a name": lambda: self.sign(claims={"sub": "admin"}),
            "a name twice in the claims": lambda: self._sign_parts(header, encode(twice)),
            "no object": lambda: self._sign_parts(header, encode([self._claims])),
        }

    def _shapes(self) -> dict[str, Callable[[], str]]:
        good = self.sign()
        head, body, signature = good.split(".")
        return {
            "too long": lambda: self.sign(claims={"padding": "x" * 5_000}),
            "nested without end": lambda: f"{encode(b'[' * 1_500)}.{body}.{signature}",
            "empty": lambda: "",
            "dots": lambda: "...",
            "no base64": lambda: f"{head}.{body}.%%%%",
            "base64 of the other kind": lambda: f"{head}.{body}.++//",
            "padded": lambda: f"{good}==",
            "a line break": lambda: f"{good}\n",
            "not ASCII": lambda: "ü.ü.ü",
            "five parts": lambda: f"{good}.a.b",
        }

    def _sign_parts(self, header: str, claims: str, key: Ed25519PrivateKey | None = None) -> str:
        content = f"{header}.{claims}"
        return f"{content}.{encode_bytes((key or self._key).sign(content.encode()))}"

    def _sign_with_public_key(self) -> str:
        public = self._key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        header = {**self._header, "alg": "HS256"}
        return jwt.encode(header, self._claims, OctKey.import_key(public), algorithms=["HS256"])


def _merge(whole: Fields, changes: Fields | None) -> Fields:
    return {name: value for name, value in (whole | (changes or {})).items() if value is not None}
