"""Puts the gateway together from its adapters, and starts what runs beside the requests."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from ai4v.kit.background import beside
from ai4v.kit.balance import BalancePolicy, Balancer
from ai4v.kit.balance.patrol import Patrol
from ai4v.kit.balance.probe import UpstreamProber
from ai4v.kit.clock import Clock
from ai4v.kit.directoryfile import DirectoryFile
from ai4v.kit.discovery import Directory
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenSigner
from ai4v.kit.metric import RequestMetrics
from ai4v.kit.sealedstore import SealedStore
from ai4v.kit.store import Store
from ai4v.kit.topology import load_topology
from ai4v.ports.cache import Cache, ExclusiveCache
from ai4v.ports.ratelimit import RateLimiter
from ai4v.ports.registry import Registry
from ai4v.ports.upstream import Upstream
from ai4v.services.gateway.attempt.attempt import Attempts
from ai4v.services.gateway.attempt.budget import HedgePolicy, RetryPolicy
from ai4v.services.gateway.attempt.concurrency import ShedPolicy
from ai4v.services.gateway.attempt.shedding import Shedder
from ai4v.services.gateway.door.authority import AuthService
from ai4v.services.gateway.door.gate import Gate
from ai4v.services.gateway.door.limit import AddressLimits
from ai4v.services.gateway.door.revocation import RevocationListener
from ai4v.services.gateway.door.verification import CredentialVerifier
from ai4v.services.gateway.edge import Edge, Passages
from ai4v.services.gateway.overview.document import ApiDocument
from ai4v.services.gateway.overview.inquiry import SignedClient, SignedInquirer
from ai4v.services.gateway.passage.channel import Limits
from ai4v.services.gateway.passage.idempotency import Ledger
from ai4v.services.gateway.passage.origin import Origins
from ai4v.services.gateway.passage.proxy import Proxy
from ai4v.services.gateway.passage.stream import StreamPolicy, Streams
from ai4v.services.gateway.record.accesslog import AccessLog
from ai4v.services.gateway.record.errand import Errands
from ai4v.services.gateway.record.failure import FailureGuard
from ai4v.services.gateway.record.fleetmetric import FleetMetrics, FleetReadings
from ai4v.services.gateway.record.metric import EdgeMetrics, Readings
from ai4v.services.gateway.record.refusal import Refusals
from ai4v.services.gateway.record.witness import Witness
from ai4v.services.gateway.routes import Entrance
from ai4v.services.gateway.routing import RouteRules, RouteTable
from ai4v.services.gateway.service import Overview
from ai4v.services.gateway.settings import GatewaySettings, read_numbers

_FIRST_LIMIT: Final = 64
"""Requests at once that a service is given before anything is known of it. Too many make its first
second slow; too few have those refused who come together after a restart."""
_DEGRADED: Final = (
    "ai4v_gateway_limits_degraded",
    "1 while limits are decided by this process alone.",
)
_REFUSED: Final = (
    "ai4v_gateway_forged",
    "Things in the shared store that were not believed: not sealed, moved, or ended.",
)
_QUICK_S: Final = 0.04
"""An answer that comes as fast as this is no sign of a service that has too much to do."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of the gateway."""

    cache: Cache
    limiter: RateLimiter
    """Never unavailable."""
    registry: Registry
    upstream: Upstream
    """Reaches the services."""
    clock: Clock
    ledger: ExclusiveCache
    """Keeps answers to requests with an idempotency key, patiently; they are sealed anyway."""
    is_limiter_alone: Callable[[], bool] = lambda: False
    """Whether the limiter counts for this process alone though there are others."""
    count_forged: Callable[[], int] = lambda: 0
    """How much was found in the shared store that the platform did not write."""

    def sealed(self, settings: GatewaySettings) -> "Adapters":
        """Return them believing what the platform itself wrote."""
        store = SealedStore(Store(self.cache, self.registry), settings, self.clock)
        return replace(
            self,
            cache=store.cache,
            registry=store.registry,
            count_forged=lambda: store.refused,
        )


@dataclass(frozen=True, slots=True)
class _Ways:
    """How services are reached."""

    directory: Directory
    attempts: Attempts
    shedder: Shedder
    signer: TokenSigner
    authority: AuthService


async def open_entrance(
    app: FastAPI,
    settings: GatewaySettings,
    adapters: Adapters,
    origins: Origins,
    stack: AsyncExitStack,
) -> Entrance:
    """Open what the handlers and the edge need; the stack stops it in reverse."""
    registry: CollectorRegistry = app.state.metrics.registry
    ways = await _open_ways(settings, adapters, registry, stack)
    health: HealthMonitor = app.state.health
    health.watch("valkey", adapters.cache.ping, is_critical=False)
    health.watch("auth", ways.authority.check, is_critical=False)
    address_limits = _make_limits(settings)
    guard = FailureGuard(adapters.limiter, address_limits)
    verifier = CredentialVerifier(adapters.cache, ways.authority, guard, adapters.clock)
    stack.push_async_callback(verifier.close)
    gate = Gate(verifier, adapters.limiter, address_limits)
    streams = await _open_streams(settings, adapters, ways, verifier, health, stack)
    errands = Errands()
    stack.push_async_callback(errands.close)
    ledger = Ledger(adapters.ledger)
    await stack.enter_async_context(beside("leases of idempotency keys", ledger.run()))
    proxy = Proxy(ways.attempts, ways.shedder, ways.signer, ledger, gate, errands)
    witness = await _open_witness(app.state.metrics, ways.authority, stack)
    readings = _make_readings(gate, errands, witness, streams, verifier)
    readings.add_gauge(*_DEGRADED, adapters.is_limiter_alone)
    readings.add_counter(*_REFUSED, adapters.count_forged)
    registry.register(readings)
    edge = Edge(
        RouteTable(load_topology().services, _read_rules(settings)),
        gate,
        Passages(proxy, streams),
        origins,
        witness,
        settings.trusted_proxies,
    )
    overview, document = _open_overview(app, adapters, ways, stack)
    return Entrance(gate, edge, streams, witness, overview, document, settings.trusted_proxies)


async def _open_ways(
    settings: GatewaySettings,
    adapters: Adapters,
    registry: CollectorRegistry,
    stack: AsyncExitStack,
) -> _Ways:
    metrics = FleetMetrics(registry)
    names = [service.name for service in load_topology().services]
    file = None if settings.state_file is None else DirectoryFile(settings.state_file)
    directory = await stack.enter_async_context(Directory(adapters.registry, names, file=file))
    balancer = Balancer(
        directory,
        adapters.clock,
        policy=BalancePolicy(strategy=settings.balance),
        observer=metrics,
    )
    await stack.enter_async_context(Patrol(balancer, UpstreamProber(adapters.upstream)))
    signer = TokenSigner(settings.internal_private_key.get_secret_value(), service=settings.service)
    attempts = Attempts(
        balancer,
        adapters.upstream,
        RetryPolicy(hedge=HedgePolicy() if settings.hedged_services else None),
        adapters.clock,
        Random(),  # noqa: S311 - jitter, not a secret
        metrics,
    )
    client = SignedClient("auth", attempts, signer)
    authority = AuthService(client, timeout_s=settings.verify_timeout_s)
    policy = ShedPolicy(first_limit=_FIRST_LIMIT, quick_s=_QUICK_S)
    shedder = Shedder(policy, adapters.clock, metrics)
    registry.register(FleetReadings(balancer, shedder))
    return _Ways(directory, attempts, shedder, signer, authority)


async def _open_streams(
    settings: GatewaySettings,
    adapters: Adapters,
    ways: _Ways,
    verifier: CredentialVerifier,
    health: HealthMonitor,
    stack: AsyncExitStack,
) -> Streams:
    policy = StreamPolicy(
        most=settings.max_streams,
        most_per_subject=settings.streams_per_key,
        idle_s=settings.stream_idle_s,
        drain_s=settings.drain_s,
        limits=Limits(settings.stream_message_bytes, settings.stream_messages_per_s),
    )
    streams = Streams(ways.attempts, verifier, ways.signer, health.drain, adapters.clock, policy)
    stack.push_async_callback(streams.close)
    listener = RevocationListener(adapters.cache, verifier, streams.recheck)
    await stack.enter_async_context(beside("revocations", listener.run()))
    await stack.enter_async_context(beside("patrol of streams", streams.patrol()))
    await stack.enter_async_context(beside("end of streams", streams.end_at_drain()))
    return streams


async def _open_witness(
    requests: RequestMetrics, authority: AuthService, stack: AsyncExitStack
) -> Witness:
    log = AccessLog()
    refusals = Refusals(authority)
    stack.callback(log.finish)
    await stack.enter_async_context(beside("access log", log.run()))
    stack.push_async_callback(refusals.flush)
    await stack.enter_async_context(beside("refusals", refusals.run()))
    return Witness(requests, EdgeMetrics(requests.registry), log, refusals)


def _open_overview(
    app: FastAPI, adapters: Adapters, ways: _Ways, stack: AsyncExitStack
) -> tuple[Overview, ApiDocument]:
    services = load_topology().services
    inquirer = SignedInquirer(ways.signer, adapters.upstream)
    source, clock = ways.directory, adapters.clock
    overview = Overview(services, source=source, inquirer=inquirer, clock=clock)
    stack.push_async_callback(overview.close)
    document = ApiDocument(app.openapi, services, source=source, inquirer=inquirer, clock=clock)
    stack.push_async_callback(document.close)
    return overview, document


def _read_rules(settings: GatewaySettings) -> RouteRules:
    return RouteRules(
        max_body_bytes=settings.max_body_bytes,
        body_bytes=read_numbers(settings.route_body_bytes),
        per_minute=read_numbers(settings.route_per_minute),
        hedged=frozenset(settings.hedged_services),
    )


def _make_limits(settings: GatewaySettings) -> AddressLimits:
    return AddressLimits(
        per_minute=settings.address_per_minute,
        sign_ins_per_minute=settings.sign_ins_per_minute,
        open_per_minute=settings.open_per_minute,
        refusals_per_minute=settings.refusals_per_minute,
    )


def _make_readings(
    gate: Gate,
    errands: Errands,
    witness: Witness,
    streams: Streams,
    verifier: CredentialVerifier,
) -> Readings:
    return Readings(
        counters={
            ("ai4v_gateway_local_decisions", "Requests counted by this process alone."): (
                lambda: gate.local_decisions
            ),
            ("ai4v_gateway_errands_dropped", "Charges and the like not made."): (
                lambda: errands.dropped
            ),
            ("ai4v_gateway_log_lines_dropped", "Lines of the access log not written."): (
                lambda: witness.log.dropped
            ),
            ("ai4v_gateway_refusals_dropped", "Refused accesses not noted."): (
                lambda: witness.refusals.dropped
            ),
        },
        gauges={("ai4v_gateway_streams", "WebSockets that are open."): lambda: streams.open},
        by_layer=lambda: dict(verifier.found),
    )
