"""HTTP to the use cases of API keys and back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from ai4v.contracts.apikey import (
    CreatedKey,
    KeyCreation,
    KeyList,
    KeyRotation,
    KeyUpdate,
    KeyView,
)
from ai4v.contracts.permission import Permission
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, After, PageSize
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching, name_cursor
from ai4v.services.auth.key.apikey import show_prefix
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.key.service import KeyService


async def get_keys(auth: Auth) -> KeyService:
    """Return the use cases of this area."""
    return auth.areas.keys


Keys = Annotated[KeyService, Depends(get_keys)]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])


@router.post("/keys", status_code=201, openapi_extra=needs(Permission.KEY_MANAGE))
async def create_key(
    creation: KeyCreation, principal: CurrentPrincipal, actor: CurrentActor, keys: Keys
) -> CreatedKey:
    """Make an API key; the answer is the only place where it is ever shown."""
    key, secret = await keys.create(principal, creation, actor)
    return CreatedKey(**view_key(key).model_dump(), key=secret)


@router.get("/keys", openapi_extra=needs(Permission.KEY_MANAGE))
async def list_keys(
    principal: CurrentPrincipal,
    keys: Keys,
    after: After,
    *,
    is_all: Annotated[bool, Query(alias="all")] = False,
    limit: PageSize = DEFAULT_SIZE,
) -> KeyList:
    """List one's own API keys, or everybody's for an administrator; newest first."""
    page = await keys.page(principal, is_all=is_all, size=limit, after=after)
    return KeyList(
        keys=tuple(view_key(key) for key in page.rows), next_cursor=name_cursor(page.next_cursor)
    )


@router.get("/keys/{key_id}", openapi_extra=needs(Permission.KEY_MANAGE))
async def show_key(key_id: UUID, principal: CurrentPrincipal, keys: Keys) -> KeyView:
    """Show an API key, never the key itself."""
    return view_key(await keys.get(principal, key_id))


@router.patch("/keys/{key_id}", openapi_extra=needs(Permission.KEY_MANAGE))
async def update_key(
    key_id: UUID, update: KeyUpdate, principal: CurrentPrincipal, actor: CurrentActor, keys: Keys
) -> KeyView:
    """Change what an API key is for, from where, how often, or how long; what is not said stays."""
    return view_key(await keys.update(principal, key_id, update, actor))


@router.post("/keys/{key_id}/rotate", status_code=201, openapi_extra=needs(Permission.KEY_MANAGE))
async def rotate_key(
    key_id: UUID,
    rotation: KeyRotation,
    principal: CurrentPrincipal,
    actor: CurrentActor,
    keys: Keys,
) -> CreatedKey:
    """Make a key like this one, which ends when the overlap is over; shown only here."""
    key, secret = await keys.rotate(principal, key_id, rotation, actor)
    return CreatedKey(**view_key(key).model_dump(), key=secret)


@router.delete("/keys/{key_id}", status_code=204, openapi_extra=needs(Permission.KEY_MANAGE))
async def revoke_key(
    key_id: UUID, principal: CurrentPrincipal, actor: CurrentActor, keys: Keys
) -> None:
    """Revoke an API key; it is refused from now on."""
    await keys.revoke(principal, key_id, actor)


def view_key(key: ApiKey) -> KeyView:
    """Show what may be seen of a key at any time."""
    return KeyView(
        id=key.id,
        owner_id=key.owner_id,
        name=key.name,
        prefix=show_prefix(key.id),
        limits=key.limits,
        permissions=tuple(key.permissions),
        scope=key.scope,
        networks=key.networks,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        replaces_id=key.replaces_id,
    )
