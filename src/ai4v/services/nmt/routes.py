"""The paths of the translation service: decode, call, encode."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from ai4v.contracts.capability import Capability
from ai4v.contracts.nmt import DetectAnswer, DetectRequest, NmtAnswer, NmtRequest
from ai4v.contracts.permission import INTERNAL, Permission
from ai4v.kit.admission import Admission
from ai4v.kit.body import read_json
from ai4v.kit.bodyschema import describe_json_body
from ai4v.kit.caller import CurrentCaller, find_entrance
from ai4v.kit.disconnect import run_while_connected
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, After, PageSize
from ai4v.kit.permission import needs
from ai4v.services.nmt.service import TranslationService
from ai4v.services.nmt.view import LanguageList, ModelList, RequestList

router: Final = APIRouter(tags=["nmt"])


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the handlers need; the app's lifespan puts it into the state as `entrance`."""

    service: TranslationService
    admission: Admission


async def get_entrance(request: Request) -> Entrance:
    """Return what the lifespan opened."""
    return find_entrance(request, Entrance)


CurrentEntrance = Annotated[Entrance, Depends(get_entrance)]


async def _admit(entrance: CurrentEntrance) -> AsyncIterator[None]:
    """Take a place before the body is read: waiting bodies fill the memory."""
    with entrance.admission.enter():
        yield


_ADMITTED: Final = [Depends(_admit)]
_BODY: Final = describe_json_body(NmtRequest)


@router.post(
    "/api/v1/nmt/inference",
    summary="Translate texts",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=_BODY | needs(Permission.NMT_USE),
)
async def infer(request: Request, entrance: CurrentEntrance, caller: CurrentCaller) -> NmtAnswer:
    """Translate every text, or fail as a whole."""
    asked = await read_json(request, NmtRequest, extra="forbid")
    return await run_while_connected(request, entrance.service.translate(asked, caller))


@router.post(
    "/services/inference/translation",
    summary="Translate texts in the ULCA shape",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=_BODY | needs(Permission.NMT_USE),
)
async def infer_ulca(
    request: Request,
    entrance: CurrentEntrance,
    caller: CurrentCaller,
    service_id: Annotated[str, Query(alias="serviceId", max_length=200)] = "",
) -> NmtAnswer:
    """Translate every text; `serviceId` in the address goes before config's."""
    asked = await read_json(request, NmtRequest, extra="ignore")
    if service_id:
        asked = asked.with_service_id(service_id)
    return await run_while_connected(request, entrance.service.translate(asked, caller))


@router.post(
    "/api/v1/nmt/detect",
    summary="The languages that texts may be in, likeliest first",
    dependencies=_ADMITTED,
    openapi_extra=describe_json_body(DetectRequest) | needs(Permission.NMT_USE),
)
async def detect(
    request: Request, entrance: CurrentEntrance, caller: CurrentCaller
) -> DetectAnswer:
    """Guess the language and script of every text."""
    asked = await read_json(request, DetectRequest, extra="forbid")
    return await run_while_connected(request, entrance.service.detect(asked, caller))


@router.get(
    "/api/v1/nmt/models",
    summary="The models, their directions and how well they do",
    openapi_extra=needs(Permission.NMT_READ),
)
async def list_models(entrance: CurrentEntrance) -> ModelList:
    """Show what may be asked for as `serviceId`."""
    return ModelList.of(entrance.service.info, entrance.service.table)


@router.get(
    "/api/v1/nmt/languages",
    summary="The languages, and what each is translated into",
    openapi_extra=needs(Permission.NMT_READ),
)
async def list_languages(entrance: CurrentEntrance) -> LanguageList:
    """Show the directions by language."""
    return LanguageList.of(entrance.service.table)


@router.get(
    "/api/v1/nmt/requests",
    summary="The caller's own requests, newest first",
    response_model_exclude_none=True,
    openapi_extra=needs(Permission.NMT_READ),
)
async def list_requests(
    entrance: CurrentEntrance,
    principal: CurrentPrincipal,
    after: After,
    limit: PageSize = DEFAULT_SIZE,
) -> RequestList:
    """Show a page of what happened; never content."""
    return RequestList.of(await entrance.service.requests(principal, size=limit, after=after))


@router.get("/internal/capabilities", include_in_schema=False, openapi_extra=needs(INTERNAL))
async def list_capabilities(entrance: CurrentEntrance) -> tuple[Capability, ...]:
    """Tell the gateway what the engines declare."""
    return entrance.service.capabilities
