"""The gateway's own paths: what the platform is, what it can do, how it is used."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ai4v.contracts.permission import OPEN, Permission
from ai4v.kit.caller import find_entrance
from ai4v.kit.permission import needs
from ai4v.services.gateway.door.address import Network, find_client
from ai4v.services.gateway.door.gate import Gate, Knock
from ai4v.services.gateway.door.guest import Guest
from ai4v.services.gateway.edge import Edge
from ai4v.services.gateway.overview.document import ApiDocument
from ai4v.services.gateway.page import LETTER_POLICY, PAGE_POLICY, Asset, load_asset
from ai4v.services.gateway.passage.header import Header, RequestHead
from ai4v.services.gateway.passage.stream import Streams
from ai4v.services.gateway.record.witness import Witness
from ai4v.services.gateway.routing import Access
from ai4v.services.gateway.service import CapabilityReport, Overview, PlatformStatus

router: Final = APIRouter(tags=["platform"])


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the handlers need; the app's lifespan puts it into the state as `entrance`."""

    gate: Gate
    edge: Edge
    streams: Streams
    witness: Witness
    overview: Overview
    document: ApiDocument
    trusted: tuple[Network, ...]
    """Networks of proxies."""


async def get_entrance(request: Request) -> Entrance:
    """Return what the lifespan opened."""
    return find_entrance(request, Entrance)


CurrentEntrance = Annotated[Entrance, Depends(get_entrance)]


async def _admit(request: Request, entrance: CurrentEntrance) -> Guest | None:
    told: list[Header] = []
    request.scope["state"]["answer_headers"] = told
    head = RequestHead(request.headers.raw)
    peer = request.client.host if request.client else ""
    client = find_client(peer, head.list(b"x-forwarded-for"), entrance.trusted)
    return await entrance.gate.admit(Knock(head, client, Access.EITHER, told))


CurrentGuest = Annotated[Guest | None, Depends(_admit)]


@router.get(
    "/api/v1/status",
    summary="Every service, its instances and their health",
    response_model_exclude_none=True,
    openapi_extra=needs(OPEN),
)
async def status(guest: CurrentGuest, entrance: CurrentEntrance) -> PlatformStatus:
    """Needs no key; to those who may observe the platform it says where the instances listen."""
    permissions = frozenset() if guest is None else guest.principal.permissions
    may_observe = Permission.PLATFORM_OBSERVE in permissions
    return await entrance.overview.status(with_addresses=may_observe)


@router.get(
    "/api/v1/capabilities",
    summary="The best engine for every language and task",
    response_model_exclude_none=True,
    openapi_extra=needs(OPEN),
)
async def capabilities(_guest: CurrentGuest, entrance: CurrentEntrance) -> CapabilityReport:
    """Needs no key. The tier `none` says that a language has no engine for a task."""
    return await entrance.overview.capabilities()


@router.get("/openapi.json", include_in_schema=False, openapi_extra=needs(OPEN))
async def document(_guest: CurrentGuest, entrance: CurrentEntrance) -> JSONResponse:
    """Show the API of all services in one document."""
    return JSONResponse(await entrance.document.get())


@router.get("/", include_in_schema=False, openapi_extra=needs(OPEN))
async def root() -> Response:
    """Lead browsers to what there is for them."""
    return RedirectResponse("/docs")


@router.get("/verify-email", include_in_schema=False, openapi_extra=needs(OPEN))
async def verification_page() -> Response:
    """Say what to do with the token of a letter, which is behind a # and never sent here."""
    return _show_to_reader(load_asset("verify-email.html"))


@router.get("/reset-password", include_in_schema=False, openapi_extra=needs(OPEN))
async def reset_page() -> Response:
    """Say the same of a new password."""
    return _show_to_reader(load_asset("reset-password.html"))


@router.get("/docs", include_in_schema=False, openapi_extra=needs(OPEN))
async def page() -> Response:
    """Show the page that renders /openapi.json."""
    return _show(load_asset("index.html"))


@router.get("/docs/page.js", include_in_schema=False, openapi_extra=needs(OPEN))
async def page_script() -> Response:
    """Show the page's script."""
    return _show(load_asset("page.js"))


@router.get("/docs/page.css", include_in_schema=False, openapi_extra=needs(OPEN))
async def page_style() -> Response:
    """Show the page's style."""
    return _show(load_asset("page.css"))


def _show_to_reader(asset: Asset) -> Response:
    headers = {"content-security-policy": LETTER_POLICY}
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def _show(asset: Asset) -> Response:
    headers = {
        "content-security-policy": PAGE_POLICY,
        "cache-control": "no-cache",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    }
    return Response(asset.content, media_type=asset.media_type, headers=headers)
