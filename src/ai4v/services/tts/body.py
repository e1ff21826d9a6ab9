"""Reads requests, and what their `Accept` header says about the answer."""

from dataclasses import dataclass

from starlette.requests import Request

from ai4v.contracts.error import FieldError, ValidationError
from ai4v.contracts.tts import TtsRequest
from ai4v.kit.body import WRONG, Extra, read_json
from ai4v.services.tts.media import streamed_format, wanted_sound


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be spoken, and how it is handed back."""

    request: TtsRequest
    is_sound_wanted: bool = False
    """Whether the answer is the sound itself, of the one item."""

    def with_service_id(self, service_id: str) -> "Order":
        """Return the same asked of another model."""
        config = self.request.config.model_copy(update={"service_id": service_id})
        return Order(self.request.model_copy(update={"config": config}), self.is_sound_wanted)


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Turns bodies into orders."""

    max_items: int

    async def read(self, request: Request, *, extra: Extra) -> Order:
        """Read a `TtsRequest` that is answered in JSON.

        Args:
            request: its body has not been read.
            extra: whether fields that we do not know are refused or ignored.

        Raises:
            InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        """
        body = await read_json(request, TtsRequest, extra=extra)
        if len(body.input) > self.max_items:
            message = f"one call takes at most {self.max_items} items"
            raise ValidationError(WRONG, errors=[FieldError(path="input", message=message)])
        return Order(body)

    async def read_accepting(self, request: Request) -> Order:
        """Read a `TtsRequest` of our own API, answered as its `Accept` header prefers.

        Raises:
            InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        """
        body = (await self.read(request, extra="forbid")).request
        config = body.config
        wanted = wanted_sound(request.headers.get("accept", ""), config.audio_format)
        if wanted is None:
            return Order(body)
        if "audio_format" in config.model_fields_set and config.audio_format is not wanted:
            message = f"the Accept header asks for {wanted}: make them the same, or leave one out"
            raise ValidationError.at("config.audioFormat", message)
        if len(body.input) > 1:
            message = "the Accept header asks for the sound itself, which is that of one text"
            raise ValidationError.at("input", message)
        asked = config.model_copy(update={"audio_format": wanted})
        return Order(body.model_copy(update={"config": asked}), is_sound_wanted=True)

    async def read_streamed(self, request: Request) -> TtsRequest:
        """Read a `TtsRequest` of our own API whose sound is sent as it is made.

        Raises:
            InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        """
        body = (await self.read(request, extra="forbid")).request
        config = body.config
        asked = config.audio_format if "audio_format" in config.model_fields_set else None
        kind = streamed_format(request.headers.get("accept", ""), asked)
        if len(body.input) > 1:
            raise ValidationError.at("input", "a stream is the sound of one text: send one item")
        config = config.model_copy(update={"audio_format": kind})
        return body.model_copy(update={"config": config})
