"""A running gateway, the services behind it as the tests need them, and its clients."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx2
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.socket import MemoryChannel
from ai4v.adapters.memory.upstream import MemoryUpstream
from ai4v.contracts.audit import Refusal, RefusalBatch
from ai4v.contracts.error import AuthenticationError, ServiceUnavailableError
from ai4v.contracts.identity import CredentialCheck, Principal, RateLimits, VerifiedCredential
from ai4v.contracts.permission import FIRST_PERMISSIONS, OPEN
from ai4v.contracts.role import Role
from ai4v.kit.app import AppPlan, create_service_app
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenVerifier
from ai4v.kit.keyform import ID_LENGTH, PREFIX, SECRET_LENGTH, checksum
from ai4v.kit.permission import needs
from ai4v.kit.sealedcache import SealedCache
from ai4v.ports.cache import Cache
from ai4v.ports.ratelimit import RateLimiter
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import UpstreamRequest
from ai4v.services.gateway.app import Adapters, create_app
from ai4v.services.gateway.front import Front
from ai4v.services.gateway.routes import Entrance
from ai4v.services.gateway.settings import GatewaySettings
from tests.support.asgi import AppMap, AppTransport, RunningApp
from tests.support.clock import ManualClock
from tests.support.key import KeyPair
from tests.support.seal import SECRET, seal_cache, seal_registry

GATEWAY = "http://gateway:8080"
AUTH = "http://auth:8081"
ASR = "http://asr:8087"
STREAM = "/api/v1/asr/stream"
PEER = "203.0.113.9"


def make_key(name: str) -> str:
    """Return a key of the right form for a name of up to 22 letters."""
    content = f"{PREFIX}{name.ljust(ID_LENGTH, '0')}_{'x' * SECRET_LENGTH}"
    return content + checksum(content)


KEY = make_key("user")
ADMIN_KEY = make_key("admin")
USER = Principal(
    user_id=UUID(int=1),
    role=Role.USER,
    permissions=FIRST_PERMISSIONS[Role.USER],
    key_id=UUID(int=2),
)
ADMIN = Principal(
    user_id=UUID(int=3),
    role=Role.ADMIN,
    permissions=FIRST_PERMISSIONS[Role.ADMIN],
    key_id=UUID(int=4),
)
PAIR = KeyPair()


@dataclass
class Authority:
    """What the auth service of the tests knows."""

    known: dict[str, VerifiedCredential] = field(
        default_factory=lambda: {
            KEY: VerifiedCredential(principal=USER),
            ADMIN_KEY: VerifiedCredential(principal=ADMIN),
        }
    )
    asked: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    """What the audit log was given."""
    is_failing: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it."""

    def __post_init__(self) -> None:
        self.gate.set()

    async def verify(self, check: CredentialCheck) -> VerifiedCredential:
        credential = check.credential.get_secret_value()
        self.asked.append(credential)
        await self.gate.wait()
        if self.is_failing:
            raise ServiceUnavailableError("the database cannot be reached")
        if credential not in self.known:
            raise AuthenticationError("this key is not known")
        return self.known[credential]

    async def note(self, batch: RefusalBatch) -> None:
        if self.is_failing:
            raise ServiceUnavailableError("the database cannot be reached")
        self.refusals.extend(batch.refusals)

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/internal/credentials/verify", self.verify, methods=["POST"])
        router.add_api_route(
            "/internal/audit/refusals", self.note, methods=["POST"], status_code=204
        )
        router.add_api_route("/api/v1/auth/login", _answer_login, methods=["POST"])
        return router


async def _answer_login() -> dict[str, str]:
    return {"token": "t"}


@dataclass
class House:
    """The gateway and what the tests reach of it."""

    stack: AsyncExitStack
    outside: AppTransport
    """From clients to the gateway."""
    client: httpx2.AsyncClient
    """Without a key."""
    services: dict[str, RunningApp]
    """By address; what is removed does not listen any more."""
    cache: Cache
    """As it is, for whoever can write to it."""
    registry: MemoryRegistry
    authority: Authority
    clock: ManualClock

    async def ask(
        self,
        method: str = "GET",
        path: str = "/api/v1/asr/models",
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Send a request with a key."""
        own = {} if key is None else {"authorization": f"Bearer {key}"}
        return await self.client.request(
            method, path, headers={**own, **(headers or {})}, content=content
        )

    async def connect(
        self,
        path: str = STREAM,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
    ) -> MemoryChannel:
        """Open a WebSocket with a key."""
        own = {} if key is None else {"authorization": key}
        sent = [
            (name.encode(), value.encode()) for name, value in {**own, **(headers or {})}.items()
        ]
        request = UpstreamRequest("GET", GATEWAY, path.encode(), sent)
        return await MemoryUpstream(AppMap(self.outside.apps)).connect(request, subprotocols)

    @property
    def shared(self) -> SealedCache:
        """The cache as the platform's processes see it."""
        return seal_cache(self.cache, self.clock)

    @property
    def gateway(self) -> Front:
        """The app itself."""
        app = self.outside.apps[GATEWAY].app
        assert isinstance(app, Front)
        return app

    @property
    def entrance(self) -> Entrance:
        """What the gateway's lifespan opened."""
        entrance = self.outside.apps[GATEWAY].state["entrance"]
        assert isinstance(entrance, Entrance)
        return entrance

    async def metrics(self) -> str:
        """Return what a scraper on the gateway's machine is told."""
        self.outside.peer = "127.0.0.1"
        text = (await self.ask(path="/metrics", key=None)).text
        self.outside.peer = PEER
        return text

    async def ask_target(self, target: str, *, method: str = "GET") -> httpx2.Response:
        """Send a request whose target is exactly this."""
        return await self.client.request(
            method,
            "/",
            headers={"authorization": f"Bearer {KEY}"},
            extensions={"target": target.encode()},
        )

    async def add(self, service: str, url: str, app: ASGIApp) -> RunningApp:
        """Start an app at an address and list it."""
        running = await self.stack.enter_async_context(RunningApp(app))
        self.services[url] = running
        await self.list(service, url)
        return running

    async def list(self, service: str, url: str) -> Instance:
        """List an address, whether or not anybody is there; return once the gateway knows."""
        instance = Instance(service, uuid4().hex, url)
        await seal_registry(self.registry).register(instance, lease_s=60)
        await settle()
        return instance


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


def make_service(name: str, router: APIRouter, *, service: str | None = None) -> FastAPI:
    """Make a service as the kit does, with the paths of `router`, whoever asks."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.openapi_extra = needs(OPEN)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        yield {}

    plan = AppPlan(name, "a service of the tests", (router,), lifespan, 1 << 20)
    verifier = TokenVerifier(PAIR.public.get_secret_value(), audience=service or name)
    return create_service_app(plan, health=HealthMonitor(name), verifier=verifier)


def limited(per_minute: int) -> VerifiedCredential:
    """A credential with a limit of its own."""
    return VerifiedCredential(
        principal=Principal(
            user_id=uuid4(),
            role=Role.USER,
            key_id=uuid4(),
            limits=RateLimits(per_minute=per_minute),
        )
    )


@asynccontextmanager
async def open_house(
    *,
    cache: MemoryCache | None = None,
    limiter: RateLimiter | None = None,
    settings: Mapping[str, object] | None = None,
) -> AsyncIterator[House]:
    """Run a gateway with an auth service behind it."""
    clock = ManualClock()
    registry = MemoryRegistry()
    services: dict[str, RunningApp] = {}
    outside = AppTransport(PEER)
    kept = cache or MemoryCache(clock)
    adapters = Adapters(
        cache=kept,
        limiter=limiter or MemoryRateLimiter(clock),
        registry=registry,
        upstream=MemoryUpstream(AppMap(services)),
        clock=clock,
        ledger=kept,
    )
    app = create_app(make_settings(settings), adapters=adapters)
    async with AsyncExitStack() as stack:
        outside.apps[GATEWAY] = await stack.enter_async_context(RunningApp(app))
        client = httpx2.AsyncClient(transport=outside, base_url=GATEWAY)
        await stack.enter_async_context(client)
        house = House(
            stack, outside, client, services, adapters.cache, registry, Authority(), clock
        )
        await house.add("auth", AUTH, make_service("auth", house.authority.router()))
        yield house


def make_settings(values: Mapping[str, object] | None = None) -> GatewaySettings:
    """Settings of a gateway."""
    needed = {
        "port": 8080,
        "advertised_url": GATEWAY,
        "cache_url": "memory://",
        "internal_public_key": PAIR.public,
        "internal_private_key": PAIR.private,
        "identity_secret": SECRET,
    }
    return GatewaySettings.model_validate({**needed, **(values or {})})
