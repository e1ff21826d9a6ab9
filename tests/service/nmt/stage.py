"""The translation service on a stage: real database, engines that do as a test tells them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx2
from pydantic import SecretStr
from sqlalchemy import RowMapping, select
from typing_extensions import override

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.languageid import MemoryLanguageIdentifier
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.translator import MemoryTranslator
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.store import Store
from ai4v.ports.registry import Registry
from ai4v.ports.translator import Passage, Translation
from ai4v.services.nmt.app import Adapters, create_app
from ai4v.services.nmt.settings import NmtSettings
from ai4v.services.nmt.tables import REQUESTS, RESULTS
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair
from tests.support.seal import SECRET, seal_registry

INFER: Final = "/api/v1/nmt/inference"
ULCA: Final = "/services/inference/translation"
DETECT: Final = "/api/v1/nmt/detect"
MODEL_ID: Final = "memory"
_KEY: Final = KeyPair()
_ADDRESS: Final = "http://nmt:8089"


class ScriptedTranslator(MemoryTranslator):
    """Translates as `memory://` does, or fails, hangs or says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.load_failure: ServiceUnavailableError | None = None
        self.hold: asyncio.Event | None = None
        """When set, calls wait for it."""
        self.is_mute = False
        self.is_called = asyncio.Event()
        self.calls: list[tuple[Passage, ...]] = []
        self.cancelled = 0

    @override
    async def load(self) -> None:
        if self.load_failure:
            raise self.load_failure
        await super().load()

    @override
    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        assert timeout_s > 0
        self.calls.append(tuple(passages))
        self.is_called.set()
        try:
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        if self.is_mute:
            return tuple(Translation("", is_whole=True) for _ in passages)
        return await super().translate(passages, timeout_s=timeout_s)


class ScriptedIdentifier(MemoryLanguageIdentifier):
    """Goes by script, or is not to be had."""

    def __init__(self) -> None:
        super().__init__()
        self.load_failure: ServiceUnavailableError | None = None

    @override
    async def load(self) -> None:
        if self.load_failure:
            raise self.load_failure
        await super().load()


def body(
    *texts: str, source: str = "en", target: str = "hi", **config: object
) -> dict[str, object]:
    """Return a request's JSON."""
    language = {"sourceLanguage": source, "targetLanguage": target}
    return {
        "input": [{"source": text} for text in texts],
        "config": {"language": language, **config},
    }


@dataclass
class Stage:
    """The app, its engines, and a caller."""

    running: RunningApp
    client: httpx2.AsyncClient
    translator: ScriptedTranslator
    registry: Registry
    database: Database
    principal: Principal

    async def infer(self, json: object, **headers: str) -> httpx2.Response:
        return await self.client.post(INFER, json=json, headers=headers)

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
            .where(RESULTS.c.nmt_request_id == request_id)
            .order_by(RESULTS.c.item_index)
        )
        async with self.database.transaction() as session:
            return list((await session.execute(statement)).mappings())


def make_principal() -> Principal:
    return Principal(
        user_id=uuid4(), role=Role.USER, permissions=FIRST_PERMISSIONS[Role.USER], key_id=uuid4()
    )


def token(principal: Principal | None, *, audience: str = "nmt") -> str:
    pem = _KEY.private.get_secret_value()
    return TokenSigner(pem, service="gateway").sign(principal, audience)


def make_settings(database_url: str, **changes: object) -> NmtSettings:
    values: dict[str, object] = {
        "database_url": SecretStr(database_url),
        "cache_url": SecretStr("memory://"),
        "internal_public_key": _KEY.public,
        "identity_secret": SECRET,
        "model_dir": Path("/nowhere"),
        "sweep_interval_s": 3600.0,
        **changes,
    }
    return NmtSettings.model_validate(values)


@asynccontextmanager
async def open_stage(
    settings: NmtSettings,
    translator: ScriptedTranslator | None = None,
    identifier: ScriptedIdentifier | None = None,
) -> AsyncIterator[Stage]:
    """Run the app and give a client that comes as the gateway does."""
    translator = translator or ScriptedTranslator()
    identifier = identifier or ScriptedIdentifier()
    registry = MemoryRegistry()
    adapters = Adapters(Store(MemoryCache(), registry), translator, identifier)
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    principal = make_principal()
    transport = AppTransport()
    async with RunningApp(create_app(settings, adapters=adapters)) as running:
        transport.apps[_ADDRESS] = running
        headers = {TOKEN_HEADER: token(principal)}
        async with httpx2.AsyncClient(
            transport=transport, base_url=_ADDRESS, headers=headers
        ) as client:
            yield Stage(running, client, translator, seal_registry(registry), database, principal)
    await database.close()
