"""HTTP to use case and back: what only the platform may ask, and the routers of all areas."""

from typing import Final

from fastapi import APIRouter, Depends

from ai4v.contracts.auth import AccessToken, LoginRequest
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import (
    AdministratorReset,
    Bootstrap,
    CredentialCheck,
    VerifiedCredential,
)
from ai4v.kit.identity import CurrentCaller
from ai4v.services.auth.account import routes as account
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.key import routes as key


def require_gateway(caller: CurrentCaller) -> None:
    """Let the gateway through that asks for itself."""
    if caller.service != "gateway" or caller.principal is not None:
        raise AuthorizationError("this path is for the gateway")


def require_operator(caller: CurrentCaller) -> None:
    """Let the operator's commands through."""
    if caller.service != "cli" or caller.principal is not None:
        raise AuthorizationError("this path is for the operator's commands")


router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])
internal_router = APIRouter(
    prefix="/internal", tags=["internal"], dependencies=[Depends(forbid_caching)]
)


@router.post("/login")
async def sign_in(login: LoginRequest, auth: Auth) -> AccessToken:
    """Sign in with a password."""
    return await auth.sign_in(login.username, login.password.get_secret_value())


@internal_router.post("/credentials/verify", dependencies=[Depends(require_gateway)])
async def verify_credential(check: CredentialCheck, auth: Auth) -> VerifiedCredential:
    """Say whose an API key or access token is; 401 when it is not good."""
    return await auth.verify(check.credential.get_secret_value())


@internal_router.post("/bootstrap", dependencies=[Depends(require_operator)])
async def bootstrap(auth: Auth) -> Bootstrap:
    """Create the administrator and a first key, unless there are users already."""
    return Bootstrap(first_run=await auth.bootstrap())


@internal_router.post("/administrator/reset", dependencies=[Depends(require_operator)])
async def reset_administrator(auth: Auth) -> AdministratorReset:
    """Give the administrator a new password."""
    return await auth.areas.accounts.reset_administrator()


ROUTERS: Final = (router, account.router, key.router, internal_router)
