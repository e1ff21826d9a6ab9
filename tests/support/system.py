"""The whole platform in this process: gateway and services over ASGI, on a real PostgreSQL.

The stores besides PostgreSQL are the memory adapters, shared as Valkey would be; services reach
each other by the addresses below. Time is the test's own: `platform.clock`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx2
from pydantic import SecretStr
from starlette.types import ASGIApp

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.fetcher import MemoryFetcher
from ai4v.adapters.memory.languageid import MemoryLanguageIdentifier
from ai4v.adapters.memory.numberspeller import MemoryNumberSpeller
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.synthesizer import MemorySynthesizer
from ai4v.adapters.memory.translator import MemoryTranslator
from ai4v.adapters.memory.upstream import MemoryUpstream
from ai4v.adapters.memory.voiceactivity import MemoryVoiceActivityDetector
from ai4v.contracts.identity import Bootstrap, FirstRun, Principal
from ai4v.contracts.permission import Permission
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.store import Store
from ai4v.ports.recognizer import Recognizer
from ai4v.services.asr import app as asr
from ai4v.services.asr.settings import AsrSettings
from ai4v.services.auth import app as auth
from ai4v.services.auth.settings import AuthSettings
from ai4v.services.gateway import app as gateway
from ai4v.services.gateway.settings import GatewaySettings
from ai4v.services.nmt import app as nmt
from ai4v.services.nmt.settings import NmtSettings
from ai4v.services.pipeline import app as pipeline
from ai4v.services.pipeline.settings import PipelineSettings
from ai4v.services.tts import app as tts
from ai4v.services.tts.roster import Performer
from ai4v.services.tts.settings import TtsSettings
from tests.support.asgi import AppMap, AppTransport, RunningApp
from tests.support.clock import ManualClock
from tests.support.key import KeyPair
from tests.support.password import CHEAP
from tests.support.poll import until
from tests.support.seal import SECRET

GATEWAY = "http://gateway:8080"
AUTH = "http://auth:8081"
ASR = "http://asr:8087"
TTS = "http://tts:8088"
NMT = "http://nmt:8089"
PIPELINE = "http://pipeline:8091"
CLIENT_ADDRESS = "203.0.113.9"
_INTERNAL = KeyPair()
_JWT = KeyPair()
_AUDIT = KeyPair()


@dataclass
class Platform:
    """Everything that runs, and what is shared."""

    database_url: str
    stack: AsyncExitStack
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime.now(UTC)))
    network: AppTransport = field(default_factory=lambda: AppTransport(CLIENT_ADDRESS))

    def __post_init__(self) -> None:
        self.cache = MemoryCache(self.clock)
        self.limiter = MemoryRateLimiter(self.clock)
        self.registry = MemoryRegistry()
        self.client = self.connect(GATEWAY)

    def connect(self, address: str) -> httpx2.AsyncClient:
        """Return a client of whatever listens at an address."""
        return httpx2.AsyncClient(transport=self.network, base_url=address)

    async def start(self, address: str, app: ASGIApp) -> None:
        """Run an app at an address until the platform ends."""
        self.network.apps[address] = await self.stack.enter_async_context(RunningApp(app))

    def stop(self, address: str) -> None:
        """Let nobody listen at an address any more, as after a kill."""
        del self.network.apps[address]

    def settings(self, address: str) -> dict[str, object]:
        """Return the settings that every service needs."""
        return {
            "port": int(address.rpartition(":")[2]),
            "advertised_url": address,
            "cache_url": SecretStr("memory://"),
            "internal_public_key": _INTERNAL.public,
            "identity_secret": SECRET,
            "database_url": SecretStr(self.database_url),
        }

    def sign(
        self, service: str, audience: str, principal: Principal | None = None
    ) -> dict[str, str]:
        """Return the headers with which `service` asks `audience`, for itself or for somebody."""
        signer = TokenSigner(_INTERNAL.private.get_secret_value(), service=service)
        return {TOKEN_HEADER: signer.sign(principal, audience)}

    async def bootstrap(self) -> FirstRun:
        """Make the administrator; the key is one with every permission."""
        answer = await self.connect(AUTH).post(
            "/internal/bootstrap", headers=self.sign("cli", "auth")
        )
        first_run = Bootstrap.model_validate_json(answer.content).first_run
        assert first_run is not None
        key = await self.create_key(first_run, {"name": "everything"})
        return first_run.model_copy(update={"api_key": key["key"]})

    async def sign_in(self, first_run: FirstRun) -> dict[str, str]:
        """Sign in as the administrator; return the headers that say so."""
        body = {"username": first_run.username, "password": first_run.password}
        answer = await self.client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def create_key(self, owner: FirstRun, body: Mapping[str, object]) -> dict[str, str]:
        """Make a key of the administrator's, with every permission unless it says which."""
        headers = await self.sign_in(owner)
        asked = {"permissions": [permission.value for permission in Permission], **body}
        answer = await self.client.post("/api/v1/auth/keys", json=asked, headers=headers)
        assert answer.status_code == 201, answer.text
        created: dict[str, str] = answer.json()
        return created


@asynccontextmanager
async def open_platform(database_url: str) -> AsyncIterator[Platform]:
    """Run gateway and auth on a database with their schemas; the users in it are removed.

    `start_asr` and its like add the services that do the work, `start_workers` all of them.
    """
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("TRUNCATE auth.users CASCADE")
    await connection.close()
    async with AsyncExitStack() as stack:
        platform = Platform(database_url, stack)
        await start_auth(platform)
        await start_gateway(platform)
        yield platform


async def start_auth(platform: Platform) -> None:
    """Run the auth service."""
    settings = AuthSettings.model_validate(
        {
            **platform.settings(AUTH),
            "jwt_private_key": _JWT.private,
            "audit_private_key": _AUDIT.private,
        }
    )
    adapters = auth.Adapters(
        cache=platform.cache,
        limiter=platform.limiter,
        registry=platform.registry,
        clock=platform.clock,
        hash_cost=CHEAP,
    )
    await platform.start(AUTH, auth.create_app(settings, adapters=adapters))


async def start_gateway(platform: Platform) -> None:
    """Run the gateway."""
    settings = GatewaySettings.model_validate(
        {**platform.settings(GATEWAY), "internal_private_key": _INTERNAL.private}
    )
    adapters = gateway.Adapters(
        cache=platform.cache,
        limiter=platform.limiter,
        registry=platform.registry,
        upstream=MemoryUpstream(AppMap(platform.network.apps)),
        clock=platform.clock,
        ledger=platform.cache,
    )
    await platform.start(GATEWAY, gateway.create_app(settings, adapters=adapters))


async def start_asr(platform: Platform, recognizer: Recognizer) -> None:
    """Run the speech service on an engine."""
    settings = AsrSettings.model_validate({**platform.settings(ASR), "model_dir": Path("/nowhere")})
    engines = asr.Engines(recognizer, MemoryAudioCodec(), MemoryVoiceActivityDetector())
    store = Store(platform.cache, platform.registry)
    adapters = asr.Adapters(store, engines, MemoryFetcher({}))
    await platform.start(ASR, asr.create_app(settings, adapters=adapters))


async def start_tts(platform: Platform) -> None:
    """Run the text to speech service on an engine that pretends."""
    settings = TtsSettings.model_validate({**platform.settings(TTS), "model_dir": Path("/nowhere")})
    performer = Performer(MemorySynthesizer(), retry_s=settings.load_retry_s)
    engines = tts.Engines((performer,), MemoryAudioCodec(), MemoryNumberSpeller())
    store = Store(platform.cache, platform.registry)
    await platform.start(TTS, tts.create_app(settings, adapters=tts.Adapters(store, engines)))


async def start_nmt(platform: Platform) -> None:
    """Run the translation service on engines that pretend."""
    settings = NmtSettings.model_validate({**platform.settings(NMT), "model_dir": Path("/nowhere")})
    store = Store(platform.cache, platform.registry)
    adapters = nmt.Adapters(store, MemoryTranslator(), MemoryLanguageIdentifier())
    await platform.start(NMT, nmt.create_app(settings, adapters=adapters))


async def start_pipeline(platform: Platform) -> None:
    """Run the pipeline; it reaches the services as the gateway does."""
    settings = PipelineSettings.model_validate(platform.settings(PIPELINE))
    store = Store(platform.cache, platform.registry)
    adapters = pipeline.Adapters(store, platform.network)
    await platform.start(PIPELINE, pipeline.create_app(settings, adapters=adapters))


async def start_workers(platform: Platform) -> None:
    """Run every service that does what users ask for, and wait until all are ready."""
    await start_asr(platform, MemoryRecognizer())
    await start_tts(platform)
    await start_nmt(platform)
    await start_pipeline(platform)

    async def are_healthy() -> bool:
        platform.clock.advance(2)
        status = (await platform.client.get("/api/v1/status")).json()["status"]
        return bool(status == "healthy")

    await until(are_healthy)
