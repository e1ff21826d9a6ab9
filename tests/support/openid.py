"""An OpenID provider and a GitHub on a real socket, which check what they are sent as real ones do.

A test tells them who is at the browser and, one at a time, how to misbehave.
"""

import base64
import functools
import hashlib
import itertools
import secrets
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeyParameters, OctKey, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ai4v.kit.clock import Clock
from tests.support.key import private_pem
from tests.support.server import serve_app

CLIENT_ID = "ai4v-at-the-provider"
CLIENT_SECRET = "what the provider gave us"
_Fields = dict[str, object]


@dataclass
class Person:
    """Who is at the browser, as the provider knows them."""

    subject: str = "248289761001"
    email: str | None = "jane@example.org"
    is_verified: bool = True
    name: str | None = "Jane.Doe"


@dataclass
class Trick:
    """How the provider misbehaves; by default not at all."""

    claims: _Fields = field(default_factory=dict)
    """Over the right ones; None takes one out."""
    header: _Fields = field(default_factory=dict)
    signer: str = "own"
    """`own`, `other` (under the name of its own key), `none` or `secret` (HS256)."""
    document: _Fields = field(default_factory=dict)
    """Over the right discovery document."""
    response_issuer: str | None = None
    """`iss` in the callback; None: its own, empty: none."""
    token_answer: Response | None = None
    """Instead of the token endpoint's."""


@dataclass(frozen=True)
class _Grant:
    redirect_uri: str
    challenge: str
    nonce: str | None
    person: Person


class OpenIdServer:
    """The provider; one process, one registered client."""

    def __init__(self, redirect_uri: str, clock: Clock, *, algorithm: str = "RS256") -> None:
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._algorithm = algorithm
        self.key = _make_key(algorithm)
        self._other = _make_key(algorithm)
        self._grants: dict[str, _Grant] = {}
        self._access: dict[str, Person] = {}
        self.issuer = ""
        self.person = Person()
        self.trick = Trick()
        self.asked: list[str] = []
        """The paths asked, in order."""
        self.refused: list[str] = []
        """Why the token endpoint refused."""

    def app(self) -> Starlette:
        """Return its paths."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discover),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
                Route("/user", self._user),
                Route("/user/emails", self._emails),
            ]
        )

    async def _discover(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        document: _Fields = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse(document | self.trick.document)

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != self._redirect_uri:
            return Response("no such client, or another address than registered", 400)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(
            query["redirect_uri"], query["code_challenge"], query.get("nonce"), self.person
        )
        answer = {"code": code, "state": query["state"]}
        issuer = self.trick.response_issuer
        if issuer != "":
            answer["iss"] = self.issuer if issuer is None else issuer
        return RedirectResponse(f"{self._redirect_uri}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        form = await request.form()
        grant = self._grants.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        problem = _find_problem(grant, form.get("redirect_uri"), challenge)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            problem = "invalid_client"
        if problem or grant is None:
            self.refused.append(problem)
            return JSONResponse({"error": problem}, 401 if problem == "invalid_client" else 400)
        if self.trick.token_answer is not None:
            return self.trick.token_answer
        access = secrets.token_urlsafe(16)
        self._access[access] = grant.person
        answer = {"access_token": access, "token_type": "Bearer", "id_token": self._sign(grant)}
        return JSONResponse(answer)

    async def _jwks(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "use": "sig"}]})

    async def _user(self, request: Request) -> Response:
        person = self._find(request)
        if person is None:
            return Response(status_code=401)
        return JSONResponse({"id": int(person.subject), "login": person.name})

    async def _emails(self, request: Request) -> Response:
        person = self._find(request)
        if person is None:
            return Response(status_code=401)
        entry = {"email": person.email, "primary": True, "verified": person.is_verified}
        other = {"email": "old@example.org", "primary": False, "verified": True}
        return JSONResponse([other, *([entry] if person.email else [])])

    def _find(self, request: Request) -> Person | None:
        self.asked.append(request.url.path)
        return self._access.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _sign(self, grant: _Grant) -> str:
        now = int(self._clock.now().timestamp())
        claims: _Fields = {
            "iss": self.issuer,
            "sub": grant.person.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce,
            "email": grant.person.email,
            "email_verified": grant.person.is_verified,
            "preferred_username": grant.person.name,
        }
        merged = (claims | self.trick.claims).items()
        claims = {name: value for name, value in merged if value is not None}
        header: _Fields = {"alg": self._algorithm, "kid": self.key.kid} | self.trick.header
        if self.trick.signer == "none":
            unsigned = jwt.encode(header, claims, self.key, algorithms=[self._algorithm])
            none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            return f"{none}.{unsigned.split('.')[1]}."
        if self.trick.signer == "secret":
            key = OctKey.import_key(CLIENT_SECRET)
            return jwt.encode({**header, "alg": "HS256"}, claims, key, algorithms=["HS256"])
        key_used = self._other if self.trick.signer == "other" else self.key
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA, by its older name
            return jwt.encode(header, claims, key_used, algorithms=[self._algorithm])


@asynccontextmanager
async def served(server: OpenIdServer) -> AsyncIterator[OpenIdServer]:
    """Run a provider on a free port of this machine."""
    async with serve_app(server.app(), ws="none") as server.issuer:
        yield server


def _find_problem(grant: _Grant | None, redirect_uri: object, challenge: str) -> str:
    if grant is None:
        return "invalid_grant: no such code, or used"
    if grant.redirect_uri != redirect_uri:
        return "invalid_grant: another redirect_uri"
    if grant.challenge != challenge:
        return "invalid_grant: another code_verifier"
    return ""


_turns = itertools.cycle(range(8))
"""More than one test has providers' keys: no two of them are of the same numbers."""


@functools.cache
def _rsa_pem(_turn: int) -> bytes:
    return RSAKey.generate_key(2048).as_pem(private=True)


def _make_key(algorithm: str) -> RSAKey | ECKey | OKPKey:
    parameters: KeyParameters = {"kid": secrets.token_hex(4)}
    if algorithm == "RS256":
        return RSAKey.import_key(_rsa_pem(next(_turns)), parameters)
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return OKPKey.import_key(private_pem(Ed25519PrivateKey.generate()), parameters)
