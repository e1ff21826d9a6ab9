"""HTTP to the use cases of accounts and back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from ai4v.contracts.account import Deactivation
from ai4v.contracts.auth import Me, PasswordChange, UserChange, UserCreation, UserList, UserView
from ai4v.contracts.permission import Permission
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, After, PageSize
from ai4v.kit.permission import needs
from ai4v.services.auth.account.record import User
from ai4v.services.auth.account.service import AccountService
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching, name_cursor


async def get_accounts(auth: Auth) -> AccountService:
    """Return the use cases of this area."""
    return auth.areas.accounts


Accounts = Annotated[AccountService, Depends(get_accounts)]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])


@router.get("/me", openapi_extra=needs(Permission.ACCOUNT_SELF))
async def show_me(principal: CurrentPrincipal, accounts: Accounts) -> Me:
    """Say who is asking, and by what."""
    user = await accounts.get_user(principal.user_id)
    return Me(user=view_user(user), key_id=principal.key_id, limits=principal.limits)


@router.post("/password", status_code=204, openapi_extra=needs(Permission.ACCOUNT_SELF))
async def change_password(
    change: PasswordChange, principal: CurrentPrincipal, accounts: Accounts, actor: CurrentActor
) -> None:
    """Change one's own password; every session ends, the API keys stay."""
    await accounts.change_password(principal.user_id, change, actor)


@router.post("/me/deactivate", status_code=204, openapi_extra=needs(Permission.ACCOUNT_SELF))
async def leave(
    body: Deactivation, principal: CurrentPrincipal, accounts: Accounts, actor: CurrentActor
) -> None:
    """Deactivate one's own account; the API keys are revoked for good, the sessions end."""
    await accounts.leave(principal.user_id, body.current_password.get_secret_value(), actor)


@router.post("/users", status_code=201, openapi_extra=needs(Permission.USER_MANAGE))
async def create_user(
    creation: UserCreation, auth: Auth, accounts: Accounts, actor: CurrentActor
) -> UserView:
    """Add a user, with a role that may do no more than who adds them."""
    await auth.areas.roles.check_grant(creation.role, actor)
    return view_user(await accounts.create_user(creation, actor))


@router.get("/users", openapi_extra=needs(Permission.USER_READ))
async def list_users(
    accounts: Accounts,
    after: After,
    limit: PageSize = DEFAULT_SIZE,
    username: Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
) -> UserList:
    """List all users, newest first, or the one of a name."""
    page = await accounts.page_users(username=username, size=limit, after=after)
    return UserList(
        users=tuple(view_user(user) for user in page.rows),
        next_cursor=name_cursor(page.next_cursor),
    )


@router.get("/users/{user_id}", openapi_extra=needs(Permission.USER_READ))
async def show_user(user_id: UUID, accounts: Accounts) -> UserView:
    """Show a user."""
    return view_user(await accounts.get_user(user_id))


@router.patch("/users/{user_id}", openapi_extra=needs(Permission.USER_MANAGE))
async def change_user(
    user_id: UUID,
    change: UserChange,
    principal: CurrentPrincipal,
    auth: Auth,
    accounts: Accounts,
    actor: CurrentActor,
) -> UserView:
    """Give another role; or let in or out: then the API keys are revoked, the sessions end."""
    await auth.areas.roles.check_rank(principal, user_id)
    if change.role is not None:
        await auth.areas.roles.give(user_id, change.role, actor)
    if change.is_active is not None:
        await accounts.set_active(user_id, is_active=change.is_active, actor=actor)
    return view_user(await accounts.get_user(user_id))


def view_user(user: User) -> UserView:
    """Show what others may see of a user."""
    return UserView(
        id=user.id,
        username=user.username,
        role=user.role,
        is_active=user.is_active,
        created_at=user.created_at,
        email=user.email,
        is_email_verified=user.email_verified_at is not None,
    )
