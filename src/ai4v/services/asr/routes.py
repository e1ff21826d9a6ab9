"""The paths of the speech service: decode, call, encode."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from ai4v.contracts.asr import AsrAnswer
from ai4v.contracts.capability import Capability
from ai4v.contracts.permission import INTERNAL, Permission
from ai4v.kit.admission import Admission
from ai4v.kit.caller import CurrentCaller, find_entrance
from ai4v.kit.disconnect import run_while_connected
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, After, PageSize
from ai4v.kit.permission import needs
from ai4v.services.asr.body import BodyReader
from ai4v.services.asr.service import SpeechService
from ai4v.services.asr.view import INFERENCE_BODY, ULCA_BODY, ModelList, RequestList

router: Final = APIRouter(tags=["asr"])


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the handlers need; the app's lifespan puts it into the state as `entrance`."""

    service: SpeechService
    reader: BodyReader
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


@router.post(
    "/api/v1/asr/inference",
    summary="Speech to text: JSON, or multipart with files",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=INFERENCE_BODY | needs(Permission.ASR_USE),
)
async def infer(request: Request, entrance: CurrentEntrance, caller: CurrentCaller) -> AsrAnswer:
    """Recognize every item, or fail as a whole."""
    order = await entrance.reader.read(request)
    return await run_while_connected(request, entrance.service.recognize(order, caller))


@router.post(
    "/services/inference/asr",
    summary="Speech to text in the ULCA shape",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=ULCA_BODY | needs(Permission.ASR_USE),
)
async def infer_ulca(
    request: Request,
    entrance: CurrentEntrance,
    caller: CurrentCaller,
    service_id: Annotated[str, Query(alias="serviceId", max_length=200)] = "",
) -> AsrAnswer:
    """Recognize every item, or fail as a whole; `serviceId` in the address goes before config's."""
    order = await entrance.reader.read_json(request, extra="ignore")
    if service_id:
        order = order.with_service_id(service_id)
    return await run_while_connected(request, entrance.service.recognize(order, caller))


@router.get(
    "/api/v1/asr/models",
    summary="The models, their languages and how well they do",
    openapi_extra=needs(Permission.ASR_READ),
)
async def list_models(entrance: CurrentEntrance) -> ModelList:
    """Show what may be asked for as `serviceId`."""
    return ModelList.of(entrance.service.info)


@router.get(
    "/api/v1/asr/requests",
    summary="The caller's own requests, newest first",
    response_model_exclude_none=True,
    openapi_extra=needs(Permission.ASR_READ),
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
    """Tell the gateway what the engine declares."""
    return entrance.service.capabilities
