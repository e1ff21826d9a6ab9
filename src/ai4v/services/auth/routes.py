"""HTTP to use case and back: what users are offered, and what only the platform may ask."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from ai4v.contracts.auth import (
    AccessToken,
    CreatedKey,
    KeyCreation,
    KeyList,
    KeyView,
    LoginRequest,
    Me,
    PasswordChange,
    UserChange,
    UserCreation,
    UserList,
    UserView,
)
from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import (
    AdministratorReset,
    Bootstrap,
    CredentialCheck,
    VerifiedCredential,
)
from ai4v.kit.caller import find_entrance
from ai4v.kit.identity import CurrentAdministrator, CurrentCaller, CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, MAXIMUM_SIZE, Cursor
from ai4v.services.auth.account import ApiKey, User
from ai4v.services.auth.apikey import show_prefix
from ai4v.services.auth.service import AuthService


def get_service(request: Request) -> AuthService:
    """Return the use cases that the lifespan opened."""
    return find_entrance(request, AuthService)


def get_cursor(cursor: Annotated[str | None, Query(max_length=64)] = None) -> Cursor | None:
    """Read where a page begins."""
    return Cursor.parse(cursor) if cursor else None


def forbid_caching(response: Response) -> None:
    """Keep answers that hold secrets out of every cache on the way."""
    response.headers["cache-control"] = "no-store"


def require_gateway(caller: CurrentCaller) -> None:
    """Let the gateway through that asks for itself."""
    if caller.service != "gateway" or caller.principal is not None:
        raise AuthorizationError("this path is for the gateway")


def require_operator(caller: CurrentCaller) -> None:
    """Let the operator's commands through."""
    if caller.service != "cli" or caller.principal is not None:
        raise AuthorizationError("this path is for the operator's commands")


Auth = Annotated[AuthService, Depends(get_service)]
PageSize = Annotated[int, Query(ge=1, le=MAXIMUM_SIZE)]
After = Annotated[Cursor | None, Depends(get_cursor)]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])
internal_router = APIRouter(
    prefix="/internal", tags=["internal"], dependencies=[Depends(forbid_caching)]
)


@router.post("/login")
async def sign_in(login: LoginRequest, auth: Auth) -> AccessToken:
    """Sign in with a password."""
    return await auth.sign_in(login.username, login.password.get_secret_value())


@router.get("/me")
async def show_me(principal: CurrentPrincipal, auth: Auth) -> Me:
    """Say who is asking, and by what."""
    user = await auth.get_user(principal.user_id)
    return Me(user=_view_user(user), key_id=principal.key_id, limits=principal.limits)


@router.post("/password", status_code=204)
async def change_password(change: PasswordChange, principal: CurrentPrincipal, auth: Auth) -> None:
    """Change one's own password; every session ends, the API keys stay."""
    await auth.change_password(principal.user_id, change)


@router.post("/users", status_code=201)
async def create_user(creation: UserCreation, auth: Auth, _admin: CurrentAdministrator) -> UserView:
    """Add a user."""
    return _view_user(await auth.create_user(creation))


@router.get("/users")
async def list_users(
    auth: Auth, _admin: CurrentAdministrator, after: After, limit: PageSize = DEFAULT_SIZE
) -> UserList:
    """List all users, newest first."""
    page = await auth.page_users(size=limit, after=after)
    return UserList(
        users=tuple(_view_user(user) for user in page.rows), next_cursor=_name(page.next_cursor)
    )


@router.patch("/users/{user_id}")
async def change_user(
    user_id: UUID, change: UserChange, auth: Auth, admin: CurrentAdministrator
) -> UserView:
    """Let a user in, or out: then their API keys are revoked and their sessions end."""
    user = await auth.set_active(user_id, is_active=change.is_active, actor=admin)
    return _view_user(user)


@router.post("/keys", status_code=201)
async def create_key(creation: KeyCreation, principal: CurrentPrincipal, auth: Auth) -> CreatedKey:
    """Make an API key; the answer is the only place where it is ever shown."""
    key, secret = await auth.create_key(principal, creation)
    return CreatedKey(**_view_key(key).model_dump(), key=secret)


@router.get("/keys")
async def list_keys(
    principal: CurrentPrincipal,
    auth: Auth,
    after: After,
    *,
    is_all: Annotated[bool, Query(alias="all")] = False,
    limit: PageSize = DEFAULT_SIZE,
) -> KeyList:
    """List one's own API keys, or everybody's for an administrator; newest first."""
    page = await auth.page_keys(principal, is_all=is_all, size=limit, after=after)
    return KeyList(
        keys=tuple(_view_key(key) for key in page.rows), next_cursor=_name(page.next_cursor)
    )


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: UUID, principal: CurrentPrincipal, auth: Auth) -> None:
    """Revoke an API key; it is refused from now on."""
    await auth.revoke_key(principal, key_id)


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
    return await auth.reset_administrator()


def _view_user(user: User) -> UserView:
    return UserView(
        id=user.id,
        username=user.username,
        role=user.role,
        is_active=user.is_active,
        created_at=user.created_at,
    )


def _view_key(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        owner_id=key.owner_id,
        name=key.name,
        prefix=show_prefix(key.id),
        limits=key.limits,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


def _name(cursor: Cursor | None) -> str | None:
    return str(cursor) if cursor else None
