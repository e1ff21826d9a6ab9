"""HTTP to use case and back: signing in with a password, sessions, and the published keys."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from ai4v.contracts.auth import LoginRequest
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.permission import OPEN, Permission
from ai4v.contracts.session import (
    JsonWebKeySet,
    RefreshRequest,
    SessionList,
    SessionTokens,
    SessionView,
    SigningKeys,
)
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.session.record import Origin, Session

_USER_AGENT: Final = 256
_KEYS_KEPT: Final = "public, max-age=300"


async def get_origin(request: Request, actor: CurrentActor) -> Origin:
    """Return where a request came from."""
    agent = request.headers.get("user-agent", "")[:_USER_AGENT]
    readable = "".join(sign if sign.isprintable() else "?" for sign in agent)
    return Origin(actor.address, readable or None)


CurrentOrigin = Annotated[Origin, Depends(get_origin)]

router = APIRouter(prefix="/api/v1/auth", tags=["session"], dependencies=[Depends(forbid_caching)])
key_router = APIRouter(prefix="/api/v1/auth", tags=["session"])


@router.post("/login", openapi_extra=needs(OPEN))
async def sign_in(
    login: LoginRequest, auth: Auth, actor: CurrentActor, origin: CurrentOrigin
) -> SessionTokens:
    """Sign in with a password."""
    password = login.password.get_secret_value()
    return await auth.sign_in(login.username, password, actor, origin)


@router.post("/refresh", openapi_extra=needs(OPEN))
async def refresh(body: RefreshRequest, auth: Auth, actor: CurrentActor) -> SessionTokens:
    """Change a refresh token for a new pair; one that was used before ends its session."""
    return await auth.areas.sessions.refresh(body.refresh_token.get_secret_value(), actor)


@router.post("/logout", status_code=204, openapi_extra=needs(Permission.ACCOUNT_SELF))
async def sign_out(principal: CurrentPrincipal, auth: Auth, actor: CurrentActor) -> None:
    """End the session that this request came by."""
    if principal.session_id is None:
        raise AuthorizationError("an API key has no session; revoke the key instead")
    await auth.areas.sessions.end(principal.user_id, principal.session_id, actor)


@router.post("/logout/all", status_code=204, openapi_extra=needs(Permission.ACCOUNT_SELF))
async def sign_out_everywhere(principal: CurrentPrincipal, auth: Auth, actor: CurrentActor) -> None:
    """End every session of one's own; API keys stay."""
    await auth.areas.sessions.end_all(principal.user_id, actor)


@router.get("/sessions", openapi_extra=needs(Permission.ACCOUNT_SELF))
async def list_sessions(principal: CurrentPrincipal, auth: Auth) -> SessionList:
    """List one's own sessions that have not ended, the last used first."""
    found = await auth.areas.sessions.list_live(principal.user_id)
    return SessionList(sessions=tuple(_view(row, principal.session_id) for row in found))


@router.delete(
    "/sessions/{session_id}", status_code=204, openapi_extra=needs(Permission.ACCOUNT_SELF)
)
async def end_session(
    session_id: UUID, principal: CurrentPrincipal, auth: Auth, actor: CurrentActor
) -> None:
    """End a session of one's own, at once."""
    await auth.areas.sessions.end(principal.user_id, session_id, actor)


@router.get("/users/{user_id}/sessions", openapi_extra=needs(Permission.USER_MANAGE))
async def list_user_sessions(user_id: UUID, principal: CurrentPrincipal, auth: Auth) -> SessionList:
    """List a user's sessions that have not ended."""
    found = await auth.areas.sessions.list_live(user_id)
    return SessionList(sessions=tuple(_view(row, principal.session_id) for row in found))


@router.delete(
    "/users/{user_id}/sessions", status_code=204, openapi_extra=needs(Permission.USER_MANAGE)
)
async def end_user_sessions(
    user_id: UUID, principal: CurrentPrincipal, auth: Auth, actor: CurrentActor
) -> None:
    """End every session of a user; their API keys stay."""
    await auth.areas.roles.check_rank(principal, user_id)
    await auth.areas.sessions.end_all(user_id, actor)


@key_router.get("/jwks.json", openapi_extra=needs(OPEN))
async def publish_keys(auth: Auth, response: Response) -> JsonWebKeySet:
    """Publish the keys that check access tokens (RFC 7517)."""
    response.headers["cache-control"] = _KEYS_KEPT
    return auth.areas.sessions.publish_keys()


async def reload_keys(auth: Auth, actor: CurrentActor) -> SigningKeys:
    """Take up the signing keys as the secret has them now."""
    return SigningKeys(key_ids=await auth.areas.sessions.reload_keys(actor))


def _view(session: Session, current_id: UUID | None) -> SessionView:
    return SessionView(
        id=session.id,
        method=session.method,
        address=session.origin.address,
        user_agent=session.origin.user_agent,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        is_current=session.id == current_id,
    )
