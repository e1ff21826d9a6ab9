"""The internal token: how the gateway tells a service who is asking, so that nobody else can.

Ed25519, audience = the services it is for, at most 60 s, or the longest deadline where a service
passes it on. A service believes this token and nothing else; the gateway strips whatever of the
kind comes from outside.
"""

import time
from collections import OrderedDict
from typing import Annotated, Final, Protocol

from fastapi import Depends
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from ai4v.contracts.error import AuthenticationError
from ai4v.contracts.identity import Principal
from ai4v.kit.deadline import MAXIMUM_S

TOKEN_HEADER: Final = "x-ai4v-internal-token"  # noqa: S105 - a header's name
_ALGORITHM: Final = "Ed25519"
_ISSUER: Final = "ai4v-internal"
_LIFETIME_S: Final = 60
_REUSE_S: Final = 30
_RELAY_LIFETIME_S: Final = int(MAXIMUM_S) + _REUSE_S
"""The last of the services that are asked one after another may be asked as late as this."""
_CACHE_SIZE: Final = 4096
_LEEWAY_S: Final = 5


class InternalCaller(BaseModel):
    """What a valid internal token says."""

    model_config = ConfigDict(frozen=True)

    service: str
    """Which service minted it."""
    principal: Principal | None = None
    """On whose behalf; None when the service asks for itself."""


class TokenSource(Protocol):
    """Has a token with which a service can be asked."""

    def sign(self, principal: Principal | None, audience: str) -> str:
        """Return a token that `audience` believes."""
        ...


class RelayedToken:
    """The token that came with a request, for the services that it names beside this one."""

    def __init__(self, token: str) -> None:
        self._token = token

    def sign(self, _principal: Principal | None, _audience: str) -> str:
        """Return it: on whose behalf and for whom is said in it already."""
        return self._token


class TokenSigner:
    """Mints internal tokens; only the gateway (and the operator's commands) hold the key."""

    def __init__(self, private_key_pem: str, *, service: str) -> None:
        self._key = OKPKey.import_key(private_key_pem)
        self._service = service
        self._cache: OrderedDict[tuple[Principal | None, tuple[str, ...]], tuple[float, str]] = (
            OrderedDict()
        )

    def sign(
        self, principal: Principal | None, audience: str, *, calls: tuple[str, ...] = ()
    ) -> str:
        """Return a token good for at least 30 s; minted anew at most every 30 s per caller.

        Args:
            principal: on whose behalf.
            audience: the service that is asked.
            calls: those that it asks in turn with the same token, which then lasts longer.
        """
        now = time.time()
        audiences = (audience, *calls)
        cached = self._cache.get((principal, audiences))
        if cached and now - cached[0] < _REUSE_S:
            return cached[1]
        caller = InternalCaller(service=self._service, principal=principal)
        claims = {
            "iss": _ISSUER,
            "aud": list(audiences),
            "iat": int(now),
            "exp": int(now) + (_RELAY_LIFETIME_S if calls else _LIFETIME_S),
            "caller": caller.model_dump(mode="json"),
        }
        token = jwt.encode({"alg": _ALGORITHM}, claims, self._key, algorithms=[_ALGORITHM])
        self._cache[(principal, audiences)] = (now, token)
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return token


class TokenVerifier:
    """Checks internal tokens meant for one service."""

    def __init__(self, public_key_pem: str, *, audience: str) -> None:
        self._key = OKPKey.import_key(public_key_pem)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._cache: OrderedDict[str, tuple[float, InternalCaller]] = OrderedDict()

    def verify(self, token: str) -> InternalCaller:
        """Return who the token speaks for.

        Raises:
            AuthenticationError: not signed by the gateway, not for this service, or expired.
        """
        cached = self._cache.get(token)
        if cached and time.time() < cached[0]:
            return cached[1]
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
            self._claims.validate(claims)
            caller = InternalCaller.model_validate(claims.get("caller"))
        except (JoseError, ValidationError, ValueError):
            raise AuthenticationError("this service answers the gateway only") from None
        self._cache[token] = (float(claims["exp"]), caller)
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return caller


async def get_caller(request: Request) -> InternalCaller:
    """Return what the internal token of this request says (a FastAPI dependency)."""
    caller = request.scope["state"].get("caller")
    if not isinstance(caller, InternalCaller):
        raise AuthenticationError("this service answers the gateway only")
    return caller


async def get_principal(caller: Annotated[InternalCaller, Depends(get_caller)]) -> Principal:
    """Return the user or key on whose behalf the gateway asks (a FastAPI dependency)."""
    if caller.principal is None:
        raise AuthenticationError("this path needs an API key or a signed-in user")
    return caller.principal


CurrentCaller = Annotated[InternalCaller, Depends(get_caller)]
CurrentPrincipal = Annotated[Principal, Depends(get_principal)]
