"""HTTP to the use cases of API keys and back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from ai4v.contracts.auth import CreatedKey, KeyCreation, KeyList, KeyView
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE
from ai4v.services.auth.entrance import After, Auth, PageSize, forbid_caching, name_cursor
from ai4v.services.auth.key.apikey import show_prefix
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.key.service import KeyService


def get_keys(auth: Auth) -> KeyService:
    """Return the use cases of this area."""
    return auth.areas.keys


Keys = Annotated[KeyService, Depends(get_keys)]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])


@router.post("/keys", status_code=201)
async def create_key(creation: KeyCreation, principal: CurrentPrincipal, keys: Keys) -> CreatedKey:
    """Make an API key; the answer is the only place where it is ever shown."""
    key, secret = await keys.create(principal, creation)
    return CreatedKey(**view_key(key).model_dump(), key=secret)


@router.get("/keys")
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


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: UUID, principal: CurrentPrincipal, keys: Keys) -> None:
    """Revoke an API key; it is refused from now on."""
    await keys.revoke(principal, key_id)


def view_key(key: ApiKey) -> KeyView:
    """Show what may be seen of a key at any time."""
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
