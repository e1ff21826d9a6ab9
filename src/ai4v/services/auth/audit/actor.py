"""Who does something, as the audit log names them."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from ai4v.contracts.identity import Principal
from ai4v.kit.identity import InternalCaller
from ai4v.kit.request import get_request_id

_INTERNAL_PATHS: Final = "/internal/"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or a part of the platform, who asks for a change."""

    principal: Principal | None
    """None for parts of the platform and for callers who have not signed in."""
    name: str
    """`user:<id>`, `key:<id>`, `anonymous`, or the part that asks for itself: `cli`, `gateway`."""
    request_id: str
    address: str | None = None
    """Of the client, as the gateway saw it."""


async def get_actor(request: Request, request_id: Annotated[str, Depends(get_request_id)]) -> Actor:
    """Return who asks (a FastAPI dependency); it refuses nobody."""
    caller = request.scope["state"].get("caller")
    principal = caller.principal if isinstance(caller, InternalCaller) else None
    address = read_address(request.headers.get("x-forwarded-for"))
    return Actor(principal, _name(caller, request.scope["path"]), request_id, address)


def read_address(forwarded: str | None) -> str | None:
    """Return the address that the gateway wrote, None when it is not one."""
    try:
        return str(ip_address((forwarded or "").strip()))
    except ValueError:
        return None


def _name(caller: object, path: str) -> str:
    if not isinstance(caller, InternalCaller):
        return "anonymous"
    if caller.principal is not None:
        return caller.principal.subject
    # Without a principal the gateway passes on the request of somebody unknown, but for the paths
    # that it asks for itself.
    is_for_itself = caller.service != "gateway" or path.startswith(_INTERNAL_PATHS)
    return caller.service if is_for_itself else "anonymous"


CurrentActor = Annotated[Actor, Depends(get_actor)]
