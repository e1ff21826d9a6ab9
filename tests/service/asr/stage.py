"""The speech service on a stage: real database, engines that do as a test tells them."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import httpx2
import numpy as np
import soundfile
from pydantic import SecretStr
from sqlalchemy import RowMapping, select

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.fetcher import MemoryFetcher
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.voiceactivity import MemoryVoiceActivityDetector
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.database.connection import Database
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.inference import Check
from ai4v.kit.store import Store
from ai4v.ports.audiocodec import AudioCodec, EncodedAudio, RawFormat
from ai4v.ports.recognizer import (
    Recognition,
    RecognizedSegment,
    RecognizerInfo,
    RecognizerUnavailableError,
    Utterance,
)
from ai4v.ports.registry import Registry
from ai4v.services.asr.app import Adapters, Engines, create_app
from ai4v.services.asr.settings import AsrSettings
from ai4v.services.asr.tables import REQUESTS, RESULTS
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair
from tests.support.seal import SECRET, seal_registry

MODEL_ID: Final = "scripted-1"
WORDS: Final = {"hi": "नमस्ते दुनिया", "en": "hello world", "kok": "देव बरें करूं"}
SILENT_LINK: Final = "https://silent.example/a.wav"
_KEY: Final = KeyPair()
_ADDRESS: Final = "http://asr:8087"


def _info() -> RecognizerInfo:
    offers = [(Task.TRANSCRIBE, code) for code in ("en", "hi", "kok")]
    offers += [(Task.TRANSLATE_SPEECH, "hi")]
    return RecognizerInfo(
        engine="scripted",
        model_id=MODEL_ID,
        max_duration_s=30.0,
        capabilities=(
            *(
                Capability(
                    task=task,
                    language=code,
                    tier=Tier.NEURAL,
                    engine="scripted",
                    model_id=MODEL_ID,
                )
                for task, code in offers
            ),
            Capability(
                task=Task.TRANSCRIBE,
                language="sat",
                tier=Tier.NONE,
                engine="scripted",
                model_id=MODEL_ID,
            ),
        ),
    )


@dataclass
class ScriptedRecognizer:
    """Says the same words for every utterance of a language, and `detected` for unknown ones."""

    info: RecognizerInfo = field(default_factory=_info)
    detected: str = "en"
    is_script_right: bool = True
    failure: Exception | None = None
    load_failure: Exception | None = None
    hold: asyncio.Event | None = None
    """When set, calls wait for it."""
    is_called: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[tuple[Utterance, ...]] = field(default_factory=list)
    cancelled: int = 0

    async def load(self) -> None:
        if self.load_failure:
            raise self.load_failure

    async def recognize(
        self, utterances: Sequence[Utterance], *, timeout_s: float
    ) -> tuple[Recognition, ...]:
        assert timeout_s > 0
        self.calls.append(tuple(utterances))
        self.is_called.set()
        try:
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        return tuple(self._recognize(utterance) for utterance in utterances)

    def _recognize(self, utterance: Utterance) -> Recognition:
        language = utterance.language or self.detected
        text = WORDS["en" if utterance.task is Task.TRANSLATE_SPEECH else language]
        segment = RecognizedSegment(0.0, utterance.audio.duration_s, text)
        return Recognition(text, language, self.is_script_right, (segment,), 0.75)

    async def ping(self) -> None:
        if self.load_failure:
            raise RecognizerUnavailableError("not loaded")

    async def close(self) -> None:
        return None


@dataclass
class NotedCodec:
    """Notes how it was asked to read."""

    codec: AudioCodec
    raw: list[RawFormat | None] = field(default_factory=list)

    async def decode(
        self, content: bytes, *, rate_hz: int, max_duration_s: float, raw: RawFormat | None = None
    ) -> Audio:
        self.raw.append(raw)
        return await self.codec.decode(
            content, rate_hz=rate_hz, max_duration_s=max_duration_s, raw=raw
        )

    async def encode(self, audio: Audio, *, kind: SpeechFormat, rate_hz: int) -> EncodedAudio:
        return await self.codec.encode(audio, kind=kind, rate_hz=rate_hz)


def wav(*parts: tuple[float, float]) -> bytes:
    """Return a wav file: each part is seconds and loudness."""
    rng = np.random.default_rng(1)
    samples = [
        loudness * rng.uniform(-1, 1, round(seconds * SPEECH_RATE_HZ))
        for seconds, loudness in parts
    ]
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(samples), SPEECH_RATE_HZ, format="WAV")
    return file.getvalue()


def speech(seconds: float = 2.0) -> bytes:
    return wav((seconds, 0.5))


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def body(*contents: bytes, language: str = "hi", **config: object) -> dict[str, object]:
    """Return a request's JSON."""
    return {
        "audio": [{"audioContent": encoded(content)} for content in contents],
        "config": {"language": {"sourceLanguage": language}, **config},
    }


@dataclass
class Stage:
    """The app, its engines, and a caller."""

    running: RunningApp
    client: httpx2.AsyncClient
    recognizer: ScriptedRecognizer
    codec: NotedCodec
    registry: Registry
    database: Database
    principal: Principal

    async def infer(self, json: object, **headers: str) -> httpx2.Response:
        return await self.client.post("/api/v1/asr/inference", json=json, headers=headers)

    async def requests(self) -> list[RowMapping]:
        """Return the caller's rows, oldest first."""
        statement = (
            select(REQUESTS)
            .where(REQUESTS.c.user_id == self.principal.user_id)
            .order_by(REQUESTS.c.started_at)
        )
        async with self.database.transaction() as session:
            return list((await session.execute(statement)).mappings())

    async def results(self, request_id: UUID) -> list[RowMapping]:
        statement = (
            select(RESULTS)
            .where(RESULTS.c.asr_request_id == request_id)
            .order_by(RESULTS.c.item_index)
        )
        async with self.database.transaction() as session:
            return list((await session.execute(statement)).mappings())


def make_principal() -> Principal:
    return Principal(
        user_id=uuid4(), role=Role.USER, permissions=FIRST_PERMISSIONS[Role.USER], key_id=uuid4()
    )


def token(principal: Principal | None, *, audience: str = "asr") -> str:
    pem = _KEY.private.get_secret_value()
    return TokenSigner(pem, service="gateway").sign(principal, audience)


def make_settings(database_url: str, **changes: object) -> AsrSettings:
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "cache_url": SecretStr("memory://"),
        "internal_public_key": _KEY.public,
        "identity_secret": SECRET,
        "model_dir": Path("/nowhere"),
        "sweep_interval_s": 3600.0,
        **changes,
    }
    return AsrSettings.model_validate(values)


@asynccontextmanager
async def open_stage(
    settings: AsrSettings,
    recognizer: ScriptedRecognizer | None = None,
    codec: AudioCodec | None = None,
    checks: Mapping[str, Check] = MappingProxyType({}),
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> AsyncIterator[Stage]:
    """Run the app and give a client that comes as the gateway does."""
    recognizer = recognizer or ScriptedRecognizer()
    noted = NotedCodec(codec or MemoryAudioCodec())
    registry = MemoryRegistry()
    engines = Engines(recognizer, noted, MemoryVoiceActivityDetector(), checks=checks)
    fetcher = MemoryFetcher(files, silent=(SILENT_LINK,))
    adapters = Adapters(Store(MemoryCache(), registry), engines, fetcher)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    principal = make_principal()
    transport = AppTransport()
    async with RunningApp(create_app(settings, adapters=adapters)) as running:
        transport.apps[_ADDRESS] = running
        headers = {TOKEN_HEADER: token(principal)}
        async with httpx2.AsyncClient(
            transport=transport, base_url=_ADDRESS, headers=headers
        ) as client:
            yield Stage(
                running, client, recognizer, noted, seal_registry(registry), database, principal
            )
    await database.close()
