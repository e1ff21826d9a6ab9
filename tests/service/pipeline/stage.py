"""The pipeline on a stage: the services that it asks do as a test tells them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx2
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner, TokenVerifier
from ai4v.kit.store import Store
from ai4v.ports.registry import Instance, Registry
from ai4v.services.pipeline.app import Adapters, create_app
from ai4v.services.pipeline.settings import PipelineSettings
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair
from tests.support.seal import SECRET, seal_registry

_KEY = KeyPair()
_PIPELINE = "http://pipeline:8091"
CALLS = ("asr", "nmt", "tts")


def _hear(body: dict[str, list[object]]) -> dict[str, object]:
    output = [
        {
            "source": "नमस्ते दुनिया",
            "language": "hi",
            "isScriptRight": True,
            "isSilence": False,
            "duration": 1.0,
            "segments": [],
        }
        for _ in body["audio"]
    ]
    config = {
        "serviceId": "ear",
        "language": {"sourceLanguage": "hi"},
        "task": "transcribe",
        "transcriptionFormat": {"value": "transcript"},
        "samplingRate": 16000,
        "preProcessors": [],
        "postProcessors": [],
        "notApplied": [],
        "dataTracking": False,
    }
    return {"taskType": "asr", "output": output, "config": config}


def _translate(body: dict[str, list[dict[str, str]]]) -> dict[str, object]:
    output = [
        {
            "source": item["source"],
            "target": f"<{item['source']}>",
            "sourceLanguage": "hi",
            "tier": "neural",
            "isScriptRight": True,
        }
        for item in body["input"]
    ]
    language = {"sourceLanguage": "hi", "targetLanguage": "en"}
    config = {"serviceId": "pen", "language": language, "notApplied": [], "dataTracking": False}
    return {"taskType": "translation", "output": output, "config": config}


def _speak(body: dict[str, list[dict[str, str]]]) -> dict[str, object]:
    audio = [{"audioContent": item["source"], "audioDuration": 1.0} for item in body["input"]]
    config = {
        "serviceId": "mouth",
        "voiceId": "v",
        "tier": "neural",
        "language": {"sourceLanguage": "en"},
        "audioFormat": "wav",
        "encoding": "base64",
        "samplingRate": 24000,
        "audioDuration": 1.0,
        "speed": 1.0,
        "notApplied": [],
        "dataTracking": False,
    }
    return {"taskType": "tts", "audio": audio, "config": config}


_WORK: dict[str, Callable[..., dict[str, object]]] = {
    "asr": _hear,
    "nmt": _translate,
    "tts": _speak,
}


@dataclass
class Worker:
    """One of the three services."""

    name: str
    failure: Response | None = None
    hold: asyncio.Event | None = None
    """When set, an answer waits for it."""
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    bodies: list[dict[str, object]] = field(default_factory=list)
    callers: list[Principal | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    cancelled: int = 0
    cost: str = "audio_s=0.250;characters=7"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{phase}"
                await send({"type": f"lifespan.{phase}.complete"})
            return
        if scope["path"].endswith("/health/live"):
            await Response(status_code=204)(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.json()
        self.headers.append(dict(request.headers))
        verifier = TokenVerifier(_KEY.public.get_secret_value(), audience=self.name)
        self.callers.append(verifier.verify(request.headers[TOKEN_HEADER]).principal)
        self.bodies.append(body)
        self.is_asked.set()
        if self.hold:
            waiting = asyncio.ensure_future(self.hold.wait())
            leaving = asyncio.ensure_future(receive())
            await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
            if leaving.done():
                self.cancelled += 1
                waiting.cancel()
                return
            leaving.cancel()
        answer = self.failure or JSONResponse(_WORK[self.name](body))
        answer.headers["x-ai4v-cost"] = self.cost
        await answer(scope, receive, send)


@dataclass
class Stage:
    """The app, those that it asks, and a caller."""

    client: httpx2.AsyncClient
    network: AppTransport
    workers: dict[str, Worker]
    registry: Registry
    leases: MemoryRegistry
    """The registry as it is, for whoever can write to it."""
    principal: Principal

    async def run(
        self, json: object, path: str = "/api/v1/pipeline/inference", **headers: str
    ) -> httpx2.Response:
        return await self.client.post(path, json=json, headers=headers)


def token(principal: Principal) -> str:
    signer = TokenSigner(_KEY.private.get_secret_value(), service="gateway")
    return signer.sign(principal, "pipeline", calls=CALLS)


@asynccontextmanager
async def open_stage(**changes: object) -> AsyncIterator[Stage]:
    """Run the app and give a client that comes as the gateway does."""
    settings = PipelineSettings.model_validate(
        {
            "cache_url": SecretStr("memory://"),
            "internal_public_key": _KEY.public,
            "identity_secret": SECRET,
            **changes,
        }
    )
    registry, network = MemoryRegistry(), AppTransport()
    workers = {name: Worker(name) for name in CALLS}
    async with AsyncExitStack() as stack:
        for name, worker in workers.items():
            address = f"http://{name}:1"
            network.apps[address] = await stack.enter_async_context(RunningApp(worker))
            await seal_registry(registry).register(Instance(name, name, address), lease_s=3600)
        adapters = Adapters(Store(MemoryCache(), registry), network)
        app = create_app(settings, adapters=adapters)
        outside = AppTransport()
        outside.apps[_PIPELINE] = await stack.enter_async_context(RunningApp(app))
        principal = Principal(
            user_id=uuid4(),
            role=Role.USER,
            permissions=FIRST_PERMISSIONS[Role.USER],
            key_id=uuid4(),
        )
        headers = {TOKEN_HEADER: token(principal)}
        client = await stack.enter_async_context(
            httpx2.AsyncClient(transport=outside, base_url=_PIPELINE, headers=headers)
        )
        shared = seal_registry(registry)
        yield Stage(client, network, workers, shared, registry, principal)
