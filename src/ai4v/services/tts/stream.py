"""Speech over HTTP as it is made: an answer in chunks onto the same use case as the whole file."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ai4v.contracts.error import PlatformError
from ai4v.contracts.permission import Permission
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.caller import CurrentCaller
from ai4v.kit.disconnect import ClientDisconnectedError, run_while_connected
from ai4v.kit.log import get_logger
from ai4v.kit.permission import needs
from ai4v.services.tts.answer import stream_headers
from ai4v.services.tts.media import STREAMED_TYPES
from ai4v.services.tts.pcm import wav_head
from ai4v.services.tts.plan import Plan
from ai4v.services.tts.recital import Portion
from ai4v.services.tts.routes import ADMITTED, CurrentEntrance
from ai4v.services.tts.service import Listener
from ai4v.services.tts.view import REQUEST_BODY, describe_sound

router: Final = APIRouter(tags=["tts"])
_CHUNK_BYTES: Final = 64 * 1024
"""At once, so that a slow client is waited for, and not a whole piece held by the server."""
_log: Final = get_logger(__name__)


@router.post(
    "/api/v1/tts/stream",
    summary="Text to speech: the sound itself, in chunks as it is made",
    response_class=Response,
    responses=describe_sound(STREAMED_TYPES),
    dependencies=ADMITTED,
    openapi_extra=REQUEST_BODY | needs(Permission.TTS_USE),
)
async def stream(request: Request, entrance: CurrentEntrance, caller: CurrentCaller) -> Response:
    """Speak one text; what fails after the first sound cuts the connection."""
    order = await entrance.reader.read_streamed(request)
    return SoundStream(lambda listener: entrance.service.recite(order, caller, listener))


class SoundStream(Response):
    """An answer that begins with the first sound: what fails before is answered as usual."""

    def __init__(self, recite: Callable[[Listener], Awaitable[None]]) -> None:
        super().__init__()
        self._recite = recite

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer (ASGI).

        An answer that has begun and cannot be finished is left unfinished: the server then cuts
        the connection, which is how a client can tell.

        Raises:
            PlatformError: nothing of an answer was sent yet.
        """
        outlet = _Outlet(send)

        async def recite() -> None:
            await self._recite(outlet.hand_over)

        try:
            await run_while_connected(Request(scope, receive), recite())
        except PlatformError as error:
            if not outlet.has_begun:
                raise
            if not isinstance(error, ClientDisconnectedError):
                _log.warning("sound broken off", code=error.code)
        else:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Outlet:
    """Where the answer goes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def hand_over(self, plan: Plan, portion: Portion) -> None:
        """Send a portion; returns when the client has taken nearly all of it."""
        content = portion.content
        if not self.has_begun:
            await self._begin(plan)
            if plan.audio_format is SpeechFormat.WAV:
                content = wav_head(plan.rate_hz) + content
        for first in range(0, len(content), _CHUNK_BYTES):
            chunk = content[first : first + _CHUNK_BYTES]
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _begin(self, plan: Plan) -> None:
        self.has_begun = True
        headers = [(name.encode(), value.encode()) for name, value in stream_headers(plan).items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
