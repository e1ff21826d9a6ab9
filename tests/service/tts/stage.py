"""The text to speech service on a stage: real database, engines that do as a test tells them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx2
import numpy as np
from pydantic import SecretStr
from sqlalchemy import RowMapping, select

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.numberspeller import MemoryNumberSpeller
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.synthesizer import MemorySynthesizer, make_info
from ai4v.contracts.audio import Audio
from ai4v.contracts.capability import Tier
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.store import Store
from ai4v.ports.registry import Registry
from ai4v.ports.synthesizer import SpokenPassage, SynthesizerInfo, SynthesizerUnavailableError
from ai4v.services.tts.app import Adapters, Engines, create_app
from ai4v.services.tts.roster import Performer
from ai4v.services.tts.settings import TtsSettings
from ai4v.services.tts.tables import REQUESTS, RESULTS
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair
from tests.support.seal import SECRET, seal_registry

INFER: Final = "/api/v1/tts/inference"
STREAM: Final = "/api/v1/tts/stream"
NEURAL: Final = make_info(
    engine="neural", languages=("hi", "en"), tier=Tier.NEURAL, rate_hz=24_000, max_characters=400
)
RULES: Final = make_info(
    engine="rules", languages=("bn", "en", "hi", "ta", "ur"), tier=Tier.RULE_BASED
)
_KEY: Final = KeyPair()
_ADDRESS: Final = "http://tts:8088"
_RETRY_S: Final = 0.01


class ScriptedSynthesizer(MemorySynthesizer):
    """Hums, fails, hangs or keeps silent."""

    def __init__(self, info: SynthesizerInfo) -> None:
        super().__init__(info)
        self.failure: Exception | None = None
        self.load_failure: Exception | None = None
        self.is_silent = False
        self.hold: asyncio.Event | None = None
        """When set, calls wait for it."""
        self.hold_of: dict[str, asyncio.Event] = {}
        """Calls of such a text wait for it."""
        self.load_hold: asyncio.Event | None = None
        self.is_called = asyncio.Event()
        self.calls: list[SpokenPassage] = []
        self.inside = 0
        self.most_inside = 0
        self.cancelled = 0

    async def load(self) -> None:
        if self.load_hold:
            await self.load_hold.wait()
        if self.load_failure:
            raise self.load_failure
        await super().load()

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        self.calls.append(passage)
        self.is_called.set()
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return await self._speak(passage, timeout_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1

    async def _speak(self, passage: SpokenPassage, timeout_s: float) -> Audio:
        hold = self.hold_of.get(passage.text, self.hold)
        if hold:
            await hold.wait()
        if self.failure:
            raise self.failure
        audio = await super().synthesize(passage, timeout_s=timeout_s)
        return Audio(np.zeros_like(audio.samples), audio.rate_hz) if self.is_silent else audio


def body(*texts: str, language: str = "hi", **config: object) -> dict[str, object]:
    """Return a request's JSON."""
    return {
        "input": [{"source": text} for text in texts],
        "config": {"language": {"sourceLanguage": language}, **config},
    }


def configured(text: str, config: Mapping[str, object]) -> dict[str, object]:
    """Return the JSON of a request in Hindi with more config."""
    asked = body(text)
    asked["config"] = {"language": {"sourceLanguage": "hi"}, **config}
    return asked


async def sound_of(content: bytes | str) -> Audio:
    """Read a file of the memory codec, in base64 or not, at its own rate."""
    file = base64.b64decode(content) if isinstance(content, str) else content
    rate_hz = int.from_bytes(file[24:28], "little")
    return await MemoryAudioCodec().decode(file, rate_hz=rate_hz, max_duration_s=600)


def kind_of(file: bytes) -> str:
    """Return what the memory codec was asked to write."""
    place = file.find(b"kind")
    return "wav" if place < 0 else file[place + 8 : place + 12].rstrip(b"\0").decode()


@dataclass
class Stage:
    """The app, its engines, and a caller."""

    running: RunningApp
    client: httpx2.AsyncClient
    neural: ScriptedSynthesizer
    rules: ScriptedSynthesizer
    registry: Registry
    database: Database
    principal: Principal

    async def infer(self, json: object, **headers: str) -> httpx2.Response:
        return await self.client.post(INFER, json=json, headers=headers)

    @asynccontextmanager
    async def stream(self, json: object, **headers: str) -> AsyncIterator[httpx2.Response]:
        async with self.client.stream("POST", STREAM, json=json, headers=headers) as response:
            yield response

    async def status(self) -> list[tuple[str, str | None]]:
        """Return how the caller's requests stand, oldest first."""
        return [(row["status"], row["error_code"]) for row in await self.requests()]

    async def until_idle(self) -> None:
        """Wait until every request has ended."""
        if self.running.exchanges:
            await asyncio.wait(self.running.exchanges, timeout=5)

    @property
    def calls(self) -> list[SpokenPassage]:
        """What the engines were asked to speak."""
        return self.neural.calls + self.rules.calls

    async def offers(self) -> list[dict[str, str]]:
        """Return what the service tells the gateway that it can do."""
        headers = {TOKEN_HEADER: token(None)}
        response = await self.client.get("/internal/capabilities", headers=headers)
        assert response.status_code == 200, response.text
        offers: list[dict[str, str]] = response.json()
        return offers

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
            .where(RESULTS.c.tts_request_id == request_id)
            .order_by(RESULTS.c.item_index)
        )
        async with self.database.transaction() as session:
            return list((await session.execute(statement)).mappings())


def make_principal() -> Principal:
    return Principal(
        user_id=uuid4(), role=Role.USER, permissions=FIRST_PERMISSIONS[Role.USER], key_id=uuid4()
    )


def token(principal: Principal | None) -> str:
    pem = _KEY.private.get_secret_value()
    return TokenSigner(pem, service="gateway").sign(principal, "tts")


def make_settings(database_url: str, **changes: object) -> TtsSettings:
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "cache_url": SecretStr("memory://"),
        "internal_public_key": _KEY.public,
        "identity_secret": SECRET,
        "model_dir": Path("/nowhere"),
        "sweep_interval_s": 3600.0,
        **changes,
    }
    return TtsSettings.model_validate(values)


def scripted() -> tuple[ScriptedSynthesizer, ScriptedSynthesizer]:
    return ScriptedSynthesizer(NEURAL), ScriptedSynthesizer(RULES)


def missing(name: str) -> SynthesizerUnavailableError:
    return SynthesizerUnavailableError(f"run: ai4v models pull {name}")


@asynccontextmanager
async def open_stage(
    settings: TtsSettings, synthesizers: Sequence[ScriptedSynthesizer] = ()
) -> AsyncIterator[Stage]:
    """Run the app and give a client that comes as the gateway does."""
    neural, rules = synthesizers or scripted()
    registry = MemoryRegistry()
    performers = tuple(Performer(item, retry_s=_RETRY_S) for item in (neural, rules))
    engines = Engines(performers, MemoryAudioCodec(), MemoryNumberSpeller())
    adapters = Adapters(Store(MemoryCache(), registry), engines)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    principal = make_principal()
    headers = {TOKEN_HEADER: token(principal)}
    app = create_app(settings, adapters=adapters)
    async with RunningApp(app) as running, client_of(running, headers) as client:
        yield Stage(running, client, neural, rules, seal_registry(registry), database, principal)
    await database.close()


@asynccontextmanager
async def client_of(
    running: RunningApp, headers: dict[str, str]
) -> AsyncIterator[httpx2.AsyncClient]:
    transport = AppTransport()
    transport.apps[_ADDRESS] = running
    async with httpx2.AsyncClient(
        transport=transport, base_url=_ADDRESS, headers=headers
    ) as client:
        yield client
