"""What the platform as a whole is and can do, found out by asking every service."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.error import PlatformError
from ai4v.contracts.health import Health, HealthReport
from ai4v.contracts.language import LANGUAGES
from ai4v.kit.balance import InstanceSource
from ai4v.kit.clock import Clock
from ai4v.kit.topology import Service
from ai4v.ports.registry import Instance
from ai4v.services.gateway.door.flight import SharedAnswer
from ai4v.services.gateway.overview.inquiry import Inquirer

_SECURE: Final = "https:"
"""Gateways alone speak TLS, and are not asked: that they hold a lease says that they live."""
_TIMEOUT_S: Final = 1.5
_STATUS_FRESH_S: Final = 1.0
_CAPABILITY_FRESH_S: Final = 5.0
_CAPABILITY_PATH: Final = "/internal/capabilities"
_CAPABILITIES: Final = TypeAdapter(tuple[Capability, ...])
_BEST_FIRST: Final = tuple(Tier)


class InstanceStatus(BaseModel):
    """One process of a service."""

    model_config = ConfigDict(frozen=True)

    status: Health
    version: str | None = None
    """None when it did not answer."""
    components: dict[str, Health] = {}
    """What it leans on."""
    address: str | None = None
    """Where it listens; administrators alone are told."""


class ServiceStatus(BaseModel):
    """One service of services.toml."""

    model_config = ConfigDict(frozen=True)

    name: str
    summary: str
    status: Health
    """Unhealthy without a healthy or degraded instance."""
    instances: tuple[InstanceStatus, ...]


class PlatformStatus(BaseModel):
    """The body of `/api/v1/status`."""

    model_config = ConfigDict(frozen=True)

    status: Health
    """Healthy when every service is; unhealthy when none is of use."""
    services: tuple[ServiceStatus, ...]


class LanguageName(BaseModel):
    """One language of the platform."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    native_name: str
    script: str
    """ISO 15924."""


class Offer(BaseModel):
    """The best there is for one language and task."""

    model_config = ConfigDict(frozen=True)

    task: Task
    language: str
    target_language: str | None = None
    """For translation of text: into which; absent when there is none."""
    tier: Tier
    engine: str | None = None
    """None when the tier is none."""
    model_id: str | None = None
    note: str | None = None
    """What to know before relying on it, or why there is nothing."""


class CapabilityReport(BaseModel):
    """The body of `/api/v1/capabilities`: every language with every task."""

    model_config = ConfigDict(frozen=True)

    languages: tuple[LanguageName, ...]
    capabilities: tuple[Offer, ...]


class Overview:
    """Asks around, at most once a second whoever asks for it.

    Args:
        services: those that services.toml lists.
        source: knows their live instances.
        inquirer: asks an instance.
        clock: measures how old an answer is.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        source: InstanceSource,
        inquirer: Inquirer,
        clock: Clock,
    ) -> None:
        self._services = tuple(services)
        self._source = source
        self._inquirer = inquirer
        self._status = SharedAnswer(self._look, ttl_s=_STATUS_FRESH_S, clock=clock)
        self._report = SharedAnswer(self._compare, ttl_s=_CAPABILITY_FRESH_S, clock=clock)

    async def status(self, *, with_addresses: bool) -> PlatformStatus:
        """Return how every service is."""
        status = await self._status.get()
        return status if with_addresses else _hide_addresses(status)

    async def capabilities(self) -> CapabilityReport:
        """Return the best engine for each language and task, as the services declare them."""
        return await self._report.get()

    async def close(self) -> None:
        """Give up what is being asked."""
        await self._status.close()
        await self._report.close()

    async def _look(self) -> PlatformStatus:
        services = await asyncio.gather(*(self._look_at(known) for known in self._services))
        states = {service.status for service in services}
        return PlatformStatus(status=_sum_up(states), services=tuple(services))

    async def _look_at(self, known: Service) -> ServiceStatus:
        found = self._source.instances(known.name)
        instances = tuple(await asyncio.gather(*(self._look_at_one(item) for item in found)))
        return ServiceStatus(
            name=known.name,
            summary=known.summary,
            status=_sum_up({instance.status for instance in instances}),
            instances=instances,
        )

    async def _look_at_one(self, instance: Instance) -> InstanceStatus:
        if instance.base_url.startswith(_SECURE):
            return InstanceStatus(status=Health.HEALTHY, address=instance.base_url)
        path = f"/api/v1/{instance.service}/health"
        try:
            reply = await self._inquirer.ask(instance, path, timeout_s=_TIMEOUT_S)
            report = HealthReport.model_validate_json(reply.content)
        except (PlatformError, ValidationError):
            return InstanceStatus(status=Health.UNHEALTHY, address=instance.base_url)
        return InstanceStatus(
            status=report.status,
            version=report.version,
            components=report.components,
            address=instance.base_url,
        )

    async def _compare(self) -> CapabilityReport:
        asked = [known for known in self._services if known.tasks]
        answers = await asyncio.gather(*(self._ask_service(known.name) for known in asked))
        offered = dict(zip(asked, answers, strict=True))
        return CapabilityReport(
            languages=tuple(
                LanguageName(
                    code=language.code,
                    name=language.name,
                    native_name=language.native_name,
                    script=language.script,
                )
                for language in LANGUAGES.values()
            ),
            capabilities=_choose_offers(offered),
        )

    async def _ask_service(self, service: str) -> tuple[Capability, ...] | None:
        """Return what the instances of `service` declare; None when none answers."""
        found = self._source.instances(service)
        answers = await asyncio.gather(*(self._ask_one(instance) for instance in found))
        told = [answer for answer in answers if answer is not None]
        return tuple(item for answer in told for item in answer) if told else None

    async def _ask_one(self, instance: Instance) -> tuple[Capability, ...] | None:
        try:
            reply = await self._inquirer.ask(instance, _CAPABILITY_PATH, timeout_s=_TIMEOUT_S)
            return _CAPABILITIES.validate_json(reply.content) if reply.status == 200 else None
        except (PlatformError, ValidationError):
            return None


def _choose_offers(
    offered: Mapping[Service, tuple[Capability, ...] | None],
) -> tuple[Offer, ...]:
    return tuple(
        offer
        for known, answer in offered.items()
        for task in known.tasks
        for language in LANGUAGES
        for offer in _choose(task, language, known.name, answer)
    )


def _choose(
    task: Task, language: str, service: str, answer: tuple[Capability, ...] | None
) -> Iterator[Offer]:
    """Yield the best offer for each language that comes out, or one that says there is none."""
    if answer is None:
        note = f"the {service} service is not available now"
        yield Offer(task=task, language=language, tier=Tier.NONE, note=note)
        return
    best: dict[str | None, Capability] = {}
    for item in answer:
        if (item.task, item.language) == (task, language):
            rival = best.setdefault(item.target_language, item)
            if _BEST_FIRST.index(item.tier) < _BEST_FIRST.index(rival.tier):
                best[item.target_language] = item
    if not best:
        yield Offer(task=task, language=language, tier=Tier.NONE)
    for item in best.values():
        yield Offer(**item.model_dump())


def _sum_up(states: set[Health]) -> Health:
    if states == {Health.HEALTHY}:
        return Health.HEALTHY
    return Health.UNHEALTHY if states <= {Health.UNHEALTHY} else Health.DEGRADED


def _hide_addresses(status: PlatformStatus) -> PlatformStatus:
    services = tuple(
        service.model_copy(
            update={
                "instances": tuple(
                    instance.model_copy(update={"address": None}) for instance in service.instances
                )
            }
        )
        for service in status.services
    )
    return status.model_copy(update={"services": services})
