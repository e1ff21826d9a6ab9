"""The paths of the pipeline: decode, call, encode."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

import httpx2
from fastapi import APIRouter, Depends
from starlette.requests import Request

from ai4v.contracts.permission import Permission
from ai4v.contracts.pipeline import PipelineAnswer, PipelineRequest
from ai4v.kit.admission import Admission
from ai4v.kit.balance import Balancer
from ai4v.kit.body import Extra, read_json
from ai4v.kit.bodyschema import describe_json_body
from ai4v.kit.caller import CurrentCaller, find_entrance
from ai4v.kit.disconnect import run_while_connected
from ai4v.kit.identity import TOKEN_HEADER
from ai4v.kit.permission import needs
from ai4v.services.pipeline.service import PipelineService
from ai4v.services.pipeline.task import HttpTaskCaller

router: Final = APIRouter(tags=["pipeline"])
_BODY: Final = describe_json_body(PipelineRequest)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What the handlers need; the app's lifespan puts it into the state as `entrance`."""

    service: PipelineService
    http: httpx2.AsyncClient
    balancer: Balancer
    admission: Admission

    async def answer(
        self, request: Request, caller: CurrentCaller, *, extra: Extra
    ) -> PipelineAnswer:
        """Run what the body asks for, while its sender is there."""
        body = await read_json(request, PipelineRequest, extra=extra)
        tasks = HttpTaskCaller(self.http, self.balancer, request.headers[TOKEN_HEADER], caller)
        work = self.service.run(body, tasks, caller)
        return await run_while_connected(request, work)


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
    "/api/v1/pipeline/inference",
    summary="Tasks in a row: asr, translation, tts",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=_BODY | needs(Permission.PIPELINE_USE),
)
async def infer(
    request: Request, entrance: CurrentEntrance, caller: CurrentCaller
) -> PipelineAnswer:
    """Do every task, or fail as a whole."""
    return await entrance.answer(request, caller, extra="forbid")


@router.post(
    "/services/inference/pipeline",
    summary="Tasks in a row, in the ULCA shape",
    response_model_exclude_none=True,
    dependencies=_ADMITTED,
    openapi_extra=_BODY | needs(Permission.PIPELINE_USE),
)
async def infer_ulca(
    request: Request, entrance: CurrentEntrance, caller: CurrentCaller
) -> PipelineAnswer:
    """Do every task, or fail as a whole; unknown fields are ignored."""
    return await entrance.answer(request, caller, extra="ignore")
