"""A running auth service, and those who call it: the gateway for somebody, or the operator."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.contracts.apikey import CreatedKey
from ai4v.contracts.identity import (
    REVOKED_MARK,
    Bootstrap,
    CredentialCheck,
    FirstRun,
    Principal,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.contracts.permission import Permission
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.sealedcache import SealedCache
from ai4v.ports.cache import Cache
from ai4v.ports.ratelimit import RateLimiter
from ai4v.services.auth.app import Adapters, create_app
from ai4v.services.auth.settings import AuthSettings
from tests.support.clock import ManualClock
from tests.support.password import CHEAP
from tests.support.seal import SECRET, seal_cache

PASSWORD = "correct horse battery"
_ALL = frozenset(Permission)


def private_pem(key: Ed25519PrivateKey) -> str:
    """Return the key as PKCS#8."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@dataclass(frozen=True)
class Keys:
    """The platform's key pairs."""

    internal: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    jwt: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    audit: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def settings(self, database_url: str, *, cache_url: str = "memory://") -> AuthSettings:
        """Settings of a service on that database."""
        public = self.internal.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return AuthSettings(
            port=0,
            cache_url=SecretStr(cache_url),
            internal_public_key=SecretStr(public.decode()),
            identity_secret=SECRET,
            database_url=SecretStr(database_url),
            jwt_private_key=SecretStr(private_pem(self.jwt)),
            audit_private_key=SecretStr(private_pem(self.audit)),
        )


class Caller:
    """Somebody with an internal token."""

    def __init__(self, http: httpx2.AsyncClient, token: str, address: str | None = None) -> None:
        self._http = http
        self._headers = {TOKEN_HEADER: token}
        if address is not None:
            self._headers["x-forwarded-for"] = address

    async def ask(self, method: str, path: str, body: object = None) -> httpx2.Response:
        """Send a request with a JSON body, unless it is None."""
        return await self.send(method, path, b"" if body is None else json.dumps(body).encode())

    async def send(self, method: str, path: str, content: bytes) -> httpx2.Response:
        """Send bytes as they are and call them JSON."""
        headers = self._headers | {"content-type": "application/json"}
        return await self._http.request(method, path, content=content, headers=headers)


@dataclass(frozen=True)
class House:
    """The service and what the tests reach of it."""

    http: httpx2.AsyncClient
    cache: Cache
    clock: ManualClock
    keys: Keys

    @property
    def shared(self) -> SealedCache:
        """The cache as the gateways see it."""
        return seal_cache(self.cache, self.clock)

    def caller(
        self, service: str, principal: Principal | None = None, address: str | None = None
    ) -> Caller:
        """Somebody with a good token minted by `service`."""
        signer = TokenSigner(private_pem(self.keys.internal), service=service)
        return Caller(self.http, signer.sign(principal, "auth"), address)

    def person(self, principal: Principal) -> Caller:
        """Somebody who came through the gateway."""
        return self.caller("gateway", principal)

    def stranger(self, address: str | None = None) -> Caller:
        """Somebody unknown who came through the gateway from that address."""
        return self.caller("gateway", address=address)

    @property
    def gateway(self) -> Caller:
        """The gateway asking for itself."""
        return self.caller("gateway")

    @property
    def operator(self) -> Caller:
        """The operator's commands."""
        return self.caller("cli")

    async def bootstrap(self) -> FirstRun:
        """Make the administrator."""
        answer = await self.operator.ask("POST", "/internal/bootstrap")
        first_run = Bootstrap.model_validate_json(answer.content).first_run
        assert first_run is not None
        return first_run

    async def check(self, credential: str) -> httpx2.Response:
        """Ask whose credential it is."""
        body = CredentialCheck(credential=SecretStr(credential)).model_dump(mode="json")
        return await self.gateway.ask("POST", "/internal/credentials/verify", body)

    async def is_marked(self, credential: str) -> bool:
        """Tell whether gateways find that the credential was revoked."""
        key = credential_cache_key(hash_credential(credential))
        return await self.shared.get(key) == REVOKED_MARK

    async def principal_of(self, credential: str) -> Principal:
        """Return whose good credential it is."""
        answer = await self.check(credential)
        assert answer.status_code == 200, answer.text
        return VerifiedCredential.model_validate_json(answer.content).principal

    async def sign_in(self, username: str, password: str) -> httpx2.Response:
        """Try to sign in."""
        body = {"username": username, "password": password}
        return await self.gateway.ask("POST", "/api/v1/auth/login", body)

    async def token(self, username: str, password: str) -> str:
        """Sign in."""
        answer = await self.sign_in(username, password)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def administrator(self) -> Caller:
        """The first administrator, signed in."""
        key = await self.principal_of((await self.bootstrap()).api_key)
        return self.person(Principal(user_id=key.user_id, role=key.role, permissions=_ALL))

    async def user(self, administrator: Caller, username: str) -> Principal:
        """Add a user and sign in."""
        body = {"username": username, "password": PASSWORD}
        answer = await administrator.ask("POST", "/api/v1/auth/users", body)
        assert answer.status_code == 201, answer.text
        return await self.principal_of(await self.token(username, PASSWORD))


async def create_key(caller: Caller, **fields: object) -> CreatedKey:
    """Make a key."""
    answer = await caller.ask("POST", "/api/v1/auth/keys", {"name": "test", **fields})
    assert answer.status_code == 201, answer.text
    return CreatedKey.model_validate_json(answer.content)


@asynccontextmanager
async def open_house(
    database_url: str,
    keys: Keys,
    clock: ManualClock,
    *,
    cache: Cache | None = None,
    limiter: RateLimiter | None = None,
    audit_head_file: Path | None = None,
) -> AsyncIterator[House]:
    """Run a service."""
    cache = cache or MemoryCache(clock)
    limiter = limiter or MemoryRateLimiter(clock)
    adapters = Adapters(cache, limiter, MemoryRegistry(clock), clock, hash_cost=CHEAP)
    settings = keys.settings(database_url).model_copy(update={"audit_head_file": audit_head_file})
    app = create_app(settings, adapters=adapters)
    async with open_http(app) as http:
        yield House(http, cache, clock, keys)


@asynccontextmanager
async def open_http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Start an app, and stop it in the end; requests do not cross a socket."""
    async with app.router.lifespan_context(app) as state:
        transport = httpx2.ASGITransport(_with_state(app, dict(state or {})))
        async with httpx2.AsyncClient(transport=transport, base_url="http://auth") as http:
            yield http


def _with_state(app: ASGIApp, state: dict[str, object]) -> ASGIApp:
    """Hand requests the state of the lifespan, as a server does."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return call
