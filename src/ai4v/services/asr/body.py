"""Reads requests: JSON as ULCA has it, and multipart so that curl needs no base64."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ai4v.contracts.asr import AsrConfig, AsrRequest
from ai4v.contracts.error import FieldError, InvalidJsonError, ValidationError
from ai4v.contracts.ulca import ControlConfig
from ai4v.kit.body import WRONG, Extra, media_type, parse_json, read_json, within_deadline
from ai4v.services.asr.service import Order
from ai4v.services.asr.transcriber import AudioLink, AudioSource

_MULTIPART: Final = "multipart/form-data"
_UTF8: Final = b"utf-8"
_FILE: Final = "file"
_CONFIG: Final = "config"
_PLAIN_FIELDS: Final = ("language", "format", "task")
_MAX_FIELDS: Final = 16


class _MemoryParser(MultiPartParser):
    """Keeps files in memory: sound that nobody allowed us to store touches no disk.

    A body that stops before its last boundary is refused: the part cut off would go unnoticed.
    """

    spool_max_size = 1 << 40  # the body's limit is the bound
    _has_ended = False

    def on_end(self) -> None:
        """Note the last boundary."""
        self._has_ended = True

    async def parse(self) -> FormData:
        """Read the whole form."""
        form = await super().parse()
        if not self._has_ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("it ends before its last boundary")
        return form


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Turns bodies into orders."""

    max_items: int

    async def read(self, request: Request) -> Order:
        """Read multipart or, whatever else it says it is, JSON of our own API.

        Raises:
            InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        """
        if media_type(request) == _MULTIPART:
            return await self.read_form(request)
        return await self.read_json(request, extra="forbid")

    async def read_json(self, request: Request, *, extra: Extra) -> Order:
        """Read an `AsrRequest`.

        Args:
            request: its body has not been read.
            extra: whether fields that we do not know are refused or ignored.

        Raises:
            InvalidJsonError, UnsupportedMediaError, ValidationError, DeadlineExceededError
        """
        return self._order(await read_json(request, AsrRequest, extra=extra))

    async def read_form(self, request: Request) -> Order:
        """Read multipart: `file` once or more, and `config` or the plain fields.

        Raises:
            InvalidJsonError: the multipart or the JSON in it is broken.
            ValidationError, DeadlineExceededError
        """
        form = await within_deadline(request, _read_form(request, self.max_items))
        try:
            return await self._form_order(form)
        finally:
            await form.close()

    def _order(self, body: AsrRequest) -> Order:
        problems = []
        sources = []
        for index, item in enumerate(body.audio):
            if item.audio_content is not None and item.audio_uri is not None:
                message = "give audioContent or audioUri, not both"
                problems.append(FieldError(path=f"audio.{index}.audioUri", message=message))
            elif item.audio_uri is not None:
                sources.append(AudioSource(f"audio.{index}.audioUri", AudioLink(item.audio_uri)))
            elif item.audio_content is not None:
                sources.append(AudioSource(f"audio.{index}.audioContent", item.audio_content))
            else:
                path = f"audio.{index}.audioContent"
                problems.append(FieldError(path=path, message="Field required"))
        self._check_count("audio", len(body.audio), problems)
        _refuse(problems)
        return Order(tuple(sources), body.config, body.control_config)

    async def _form_order(self, form: FormData) -> Order:
        problems = [
            FieldError(path=name, message="unknown; known: file, config, language, format, task")
            for name in form
            if name not in (_FILE, _CONFIG, *_PLAIN_FIELDS)
        ]
        files = form.getlist(_FILE)
        if not files or not all(isinstance(file, UploadFile) for file in files):
            problems.append(FieldError(path=_FILE, message="at least one file is needed"))
        self._check_count(_FILE, len(files), problems)
        _refuse(problems)
        sources = [
            AudioSource(f"{_FILE}.{index}", await file.read())
            for index, file in enumerate(files)
            if isinstance(file, UploadFile)
        ]
        return Order(tuple(sources), _form_config(form), ControlConfig())

    def _check_count(self, path: str, count: int, problems: list[FieldError]) -> None:
        if count > self.max_items:
            message = f"one call takes at most {self.max_items} items"
            problems.append(FieldError(path=path, message=message))


async def _read_form(request: Request, max_items: int) -> FormData:
    _, options = parse_options_header(request.headers["content-type"])
    if options.get(b"charset", _UTF8).lower() != _UTF8:
        raise InvalidJsonError("the multipart body cannot be read: its charset must be utf-8")
    parser = _MemoryParser(
        request.headers, request.stream(), max_files=max_items + 1, max_fields=_MAX_FIELDS
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise InvalidJsonError(f"the multipart body cannot be read: {error.message}") from None


def _form_config(form: FormData) -> AsrConfig:
    plain = {name: str(form[name]) for name in _PLAIN_FIELDS if name in form}
    whole = form.get(_CONFIG)
    if whole is None:
        return parse_json(AsrConfig, json.dumps(_spell_out(plain)), extra="forbid")
    if plain:
        message = "give either config or the plain fields, not both"
        _refuse([FieldError(path=_CONFIG, message=message)])
    content = whole.file.read() if isinstance(whole, UploadFile) else whole
    return parse_json(AsrConfig, content, extra="forbid", path=_CONFIG)


def _spell_out(plain: Mapping[str, str]) -> dict[str, object]:
    """Put plain form fields where the config has them."""
    config: dict[str, object] = {}
    if "language" in plain:
        config["language"] = {"sourceLanguage": plain["language"]}
    if "format" in plain:
        config["transcriptionFormat"] = plain["format"]
    if "task" in plain:
        config["task"] = plain["task"]
    return config


def _refuse(problems: Sequence[FieldError]) -> None:
    if problems:
        raise ValidationError(WRONG, errors=problems)
