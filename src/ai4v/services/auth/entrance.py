"""What the routes of all areas have in common: the service, pages, and answers with secrets."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from ai4v.kit.caller import find_entrance
from ai4v.kit.paging import Cursor
from ai4v.services.auth.service import AuthService


async def get_service(request: Request) -> AuthService:
    """Return the use cases that the lifespan opened."""
    return find_entrance(request, AuthService)


async def forbid_caching(response: Response) -> None:
    """Keep answers that hold secrets out of every cache on the way."""
    response.headers["cache-control"] = "no-store"


def name_cursor(cursor: Cursor | None) -> str | None:
    """Write where the next page begins."""
    return str(cursor) if cursor else None


Auth = Annotated[AuthService, Depends(get_service)]
