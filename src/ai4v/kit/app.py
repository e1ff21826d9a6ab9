"""The app factory: health, metrics, ids, logs, errors and identity, the same for every service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import Response

from ai4v import __version__
from ai4v.contracts.health import Health, HealthReport
from ai4v.contracts.permission import OPEN
from ai4v.kit.errorbody import ErrorBody, install_error_handlers
from ai4v.kit.guard import IdentityLayer
from ai4v.kit.head import HeadLayer
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenVerifier
from ai4v.kit.metric import RequestMetrics
from ai4v.kit.permission import check_admission, needs
from ai4v.kit.request import RequestLayer
from ai4v.kit.settings import ServiceSettings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What differs between services."""

    service: str
    """The name in services.toml."""
    summary: str
    routers: Sequence[APIRouter]
    lifespan: Lifespan
    """Opens what the service needs and yields it as the app's state; closes it in reverse."""
    max_body_bytes: int


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
AdaptersT = TypeVar("AdaptersT")
OpenAdapters = Callable[[], AbstractAsyncContextManager[AdaptersT]]
"""Opens what stands behind a service's ports."""
OpenEntrance = Callable[[SettingsT, AdaptersT, HealthMonitor, AsyncExitStack], Awaitable[object]]
"""Puts a service together, starts what runs beside it, and returns what its handlers need.

The stack stops it in reverse."""


def create_entrance_app(
    settings: SettingsT,
    open_adapters: OpenAdapters[AdaptersT],
    open_entrance: OpenEntrance[SettingsT, AdaptersT],
    *,
    summary: str,
    routers: Sequence[APIRouter],
) -> FastAPI:
    """Make the app of a service whose handlers find all they need in one entrance.

    Args:
        settings: of this process.
        open_adapters: opened before the entrance, closed after it.
        open_entrance: its result is in the app's state as `entrance`.
        summary: what the service does, for people.
        routers: its paths.
    """
    health = HealthMonitor(settings.service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        async with AsyncExitStack() as stack:
            adapters = await stack.enter_async_context(open_adapters())
            yield {"entrance": await open_entrance(settings, adapters, health, stack)}

    plan = AppPlan(settings.service, summary, routers, lifespan, settings.max_body_bytes)
    public_key = settings.internal_public_key.get_secret_value()
    verifier = TokenVerifier(public_key, audience=settings.service)
    return create_service_app(plan, health=health, verifier=verifier)


def given(adapters: AdaptersT) -> OpenAdapters[AdaptersT]:
    """Return what opens adapters that somebody else opens and closes."""
    return lambda: nullcontext(adapters)


def create_service_app(plan: AppPlan, *, health: HealthMonitor, verifier: TokenVerifier) -> FastAPI:
    """Make the app of a service behind the gateway: every path but health needs its token.

    A path is answered to those who have the permission that it declares; one that declares none is
    answered to nobody.
    """
    app, metrics = _create_bare_app(plan, health, openapi_url="/openapi.json")
    open_paths = frozenset(
        {"/metrics", "/openapi.json", *(f"/api/v1/{plan.service}{end}" for end in _HEALTH_ENDS)}
    )
    app.add_middleware(
        IdentityLayer,
        verifier=verifier,
        routes=app.router.routes,
        is_open=open_paths.__contains__,
    )
    _add_request_layers(app, plan, metrics)
    return app


def create_edge_app(plan: AppPlan, *, health: HealthMonitor) -> FastAPI:
    """Make the gateway's app: it authenticates by itself and serves the schema of all services.

    Its metrics are shown to this machine alone.
    """
    app, metrics = _create_bare_app(plan, health, openapi_url=None)
    _add_request_layers(app, plan, metrics)
    return app


_HEALTH_ENDS = ("/health", "/health/live", "/health/ready")


def _add_request_layers(app: FastAPI, plan: AppPlan, metrics: RequestMetrics) -> None:
    # Starlette's limit counts what arrives; RequestLayer refuses what announces too much, since
    # Starlette's own refusal there would not carry the error body.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=plan.max_body_bytes)
    app.add_middleware(RequestLayer, metrics=metrics, max_body_bytes=plan.max_body_bytes)


def _create_bare_app(
    plan: AppPlan, health: HealthMonitor, *, openapi_url: str | None
) -> tuple[FastAPI, RequestMetrics]:
    app = FastAPI(
        title=f"AI4V-C {plan.service}",
        summary=plan.summary,
        version=__version__,
        lifespan=plan.lifespan,
        openapi_url=openapi_url,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"metrics": False, "logs": False},
        dependencies=[Depends(check_admission)] if openapi_url else [],
        responses={"default": {"model": ErrorBody, "description": "Any failure"}},
    )
    metrics = RequestMetrics(plan.service)
    app.state.metrics = metrics
    app.state.health = health
    install_error_handlers(app)
    app.add_middleware(HeadLayer, router=app.router)
    app.include_router(_health_router(plan.service, health))
    expose = metrics.expose if openapi_url else metrics.expose_to_this_machine
    app.add_route("/metrics", expose, include_in_schema=False)
    for router in plan.routers:
        app.include_router(router)
    return app, metrics


def _health_router(service: str, health: HealthMonitor) -> APIRouter:
    router = APIRouter(prefix=f"/api/v1/{service}/health", tags=["health"])

    @router.get(
        "", summary="State of the service and of what it leans on", openapi_extra=needs(OPEN)
    )
    async def report(response: Response) -> HealthReport:
        state = await health.report()
        response.status_code = 503 if state.status is Health.UNHEALTHY else 200
        return state

    @router.get(
        "/live", summary="Whether the process runs", status_code=204, openapi_extra=needs(OPEN)
    )
    async def live() -> None:
        return None

    @router.get(
        "/ready",
        summary="Whether requests should be sent here now",
        status_code=204,
        openapi_extra=needs(OPEN),
    )
    async def ready(response: Response) -> None:
        response.status_code = 204 if await health.is_ready() else 503

    return router
