"""The paths of the text to speech service: decode, call, encode."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from ai4v.contracts.capability import Capability
from ai4v.contracts.permission import INTERNAL, Permission
from ai4v.contracts.tts import Gender, TtsAnswer
from ai4v.kit.admission import Admission
from ai4v.kit.caller import CurrentCaller, find_entrance
from ai4v.kit.disconnect import run_while_connected
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.paging import DEFAULT_SIZE, After, PageSize
from ai4v.kit.permission import needs
from ai4v.services.tts.answer import render_answer, sound_headers
from ai4v.services.tts.body import BodyReader, Order
from ai4v.services.tts.media import SOUND_TYPES
from ai4v.services.tts.service import SpeechService
from ai4v.services.tts.view import (
    REQUEST_BODY,
    RequestList,
    VoiceList,
    VoiceView,
    describe_sound,
    find_voice,
)

router: Final = APIRouter(tags=["tts"])


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


ADMITTED: Final = [Depends(_admit)]
"""What every path that speaks depends on."""


async def _answer(
    request: Request, entrance: Entrance, caller: CurrentCaller, order: Order
) -> Response:
    """Carry out an order; the answer is made off the event loop, since sound is long."""
    speaking = entrance.service.speak(order.request, caller)
    done = await run_while_connected(request, speaking)
    if order.is_sound_wanted:
        (speech,) = done.speeches
        return Response(speech.file.content, headers=sound_headers(done.plan, speech))
    content = await asyncio.to_thread(render_answer, done.plan, done.speeches)
    return Response(content, media_type="application/json")


@router.post(
    "/api/v1/tts/inference",
    summary="Text to speech: JSON, or the sound itself if the Accept header says so",
    response_model=TtsAnswer,
    responses=describe_sound(SOUND_TYPES),
    dependencies=ADMITTED,
    openapi_extra=REQUEST_BODY | needs(Permission.TTS_USE),
)
async def infer(request: Request, entrance: CurrentEntrance, caller: CurrentCaller) -> Response:
    """Speak every text, or fail as a whole."""
    order = await entrance.reader.read_accepting(request)
    return await _answer(request, entrance, caller, order)


@router.post(
    "/services/inference/tts",
    summary="Text to speech in the ULCA shape",
    response_model=TtsAnswer,
    dependencies=ADMITTED,
    openapi_extra=REQUEST_BODY | needs(Permission.TTS_USE),
)
async def infer_ulca(
    request: Request,
    entrance: CurrentEntrance,
    caller: CurrentCaller,
    service_id: Annotated[str, Query(alias="serviceId", max_length=200)] = "",
) -> Response:
    """Speak every text, or fail as a whole; `serviceId` in the address goes before config's."""
    order = await entrance.reader.read(request, extra="ignore")
    if service_id:
        order = order.with_service_id(service_id)
    return await _answer(request, entrance, caller, order)


@router.get(
    "/api/v1/tts/voices",
    summary="The voices, their languages and how good they are",
    openapi_extra=needs(Permission.TTS_READ),
)
async def list_voices(
    entrance: CurrentEntrance,
    language: Annotated[str | None, Query(max_length=16)] = None,
    gender: Gender | None = None,
) -> VoiceList:
    """Show what may be asked for as `supportedVoice`, of a language or a gender alone."""
    return VoiceList.of(entrance.service.infos, language=language, gender=gender)


@router.get(
    "/api/v1/tts/voices/{voice_id}", summary="One voice", openapi_extra=needs(Permission.TTS_READ)
)
async def show_voice(entrance: CurrentEntrance, voice_id: str) -> VoiceView:
    """Show one voice."""
    return find_voice(entrance.service.infos, voice_id)


@router.get(
    "/api/v1/tts/requests",
    summary="The caller's own requests, newest first",
    response_model_exclude_none=True,
    openapi_extra=needs(Permission.TTS_READ),
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
    """Tell the gateway what the engines that are there can do."""
    return entrance.service.capabilities
