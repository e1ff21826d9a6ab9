"""HTTP to use case and back: what only the platform may ask, and the routers of all areas."""

from typing import Final

from fastapi import APIRouter, Depends

from ai4v.contracts.identity import (
    AdministratorReset,
    Bootstrap,
    CredentialCheck,
    VerifiedCredential,
)
from ai4v.contracts.permission import INTERNAL
from ai4v.kit.permission import needs
from ai4v.services.auth.account import routes as account
from ai4v.services.auth.audit import routes as audit
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.guard import require_gateway, require_operator
from ai4v.services.auth.key import routes as key
from ai4v.services.auth.proof import routes as proof
from ai4v.services.auth.provider import routes as provider
from ai4v.services.auth.role import routes as role
from ai4v.services.auth.session import routes as session

internal_router = APIRouter(
    prefix="/internal", tags=["internal"], dependencies=[Depends(forbid_caching)]
)


@internal_router.post(
    "/credentials/verify", dependencies=[Depends(require_gateway)], openapi_extra=needs(INTERNAL)
)
async def verify_credential(check: CredentialCheck, auth: Auth) -> VerifiedCredential:
    """Say whose an API key or access token is; 401 when it is not good."""
    return await auth.verify(check.credential.get_secret_value())


@internal_router.post(
    "/bootstrap", dependencies=[Depends(require_operator)], openapi_extra=needs(INTERNAL)
)
async def bootstrap(auth: Auth, actor: CurrentActor) -> Bootstrap:
    """Create the administrator and a first key, unless there are users already."""
    return Bootstrap(first_run=await auth.bootstrap(actor))


@internal_router.post(
    "/administrator/reset", dependencies=[Depends(require_operator)], openapi_extra=needs(INTERNAL)
)
async def reset_administrator(auth: Auth, actor: CurrentActor) -> AdministratorReset:
    """Give the administrator a new password."""
    return await auth.areas.accounts.reset_administrator(actor)


internal_router.post(
    "/signing-keys/reload", dependencies=[Depends(require_operator)], openapi_extra=needs(INTERNAL)
)(session.reload_keys)

ROUTERS: Final = (
    session.router,
    session.key_router,
    provider.router,
    account.router,
    proof.router,
    proof.internal_router,
    key.router,
    role.router,
    audit.router,
    audit.internal_router,
    internal_router,
)
