"""From which language into which: what the engine does by itself, and what goes through English."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES
from ai4v.ports.translator import TranslatorInfo

_BRIDGE: Final = "en"
_BRIDGE_NOTE: Final = "Through English: what one step gets wrong the next makes worse."


@dataclass(frozen=True, slots=True)
class Leg:
    """One step that the engine takes."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Direction:
    """A way from one language into another."""

    source: str
    target: str
    legs: tuple[Leg, ...]
    """None: source and target are the same, and the text stays as it is."""
    tier: Tier
    note: str | None = None


class DirectionTable:
    """All the ways there are from one language into another one."""

    def __init__(self, directions: Iterable[Direction]) -> None:
        self._directions = {(each.source, each.target): each for each in directions}

    @classmethod
    def of(cls, info: TranslatorInfo) -> Self:
        """Take what the engine declares, and join what meets in English."""
        direct = {
            (offer.language, offer.target_language): Direction(
                offer.language,
                offer.target_language,
                (Leg(offer.language, offer.target_language),),
                offer.tier,
                offer.note,
            )
            for offer in info.capabilities
            if offer.task is Task.TRANSLATE and offer.target_language is not None
            if offer.tier is not Tier.NONE
        }
        bridged = (
            Direction(source, target, first.legs + second.legs, Tier.DEMO, _BRIDGE_NOTE)
            for (source, bridge), first in direct.items()
            for (start, target), second in direct.items()
            if bridge == start == _BRIDGE
            if source != target and (source, target) not in direct
        )
        return cls((*direct.values(), *bridged))

    @property
    def directions(self) -> tuple[Direction, ...]:
        """All, by source and target."""
        return tuple(self._directions[pair] for pair in sorted(self._directions))

    def find(self, source: str, target: str) -> Direction | None:
        """Return the way between two codes of the platform; None: there is none."""
        if source == target and source in LANGUAGES:
            return Direction(source, target, (), Tier.NONE)
        return self._directions.get((source, target))

    def targets(self, source: str) -> tuple[str, ...]:
        """Return the codes that `source` can be translated into, in order."""
        return tuple(each.target for each in self.directions if each.source == source)

    def sources(self, target: str) -> tuple[str, ...]:
        """Return the codes that can be translated into `target`, in order."""
        return tuple(each.source for each in self.directions if each.target == target)

    def capabilities(self, info: TranslatorInfo) -> tuple[Capability, ...]:
        """Return what the engine declares, and what the service makes of it."""
        bridged = (
            Capability(
                task=Task.TRANSLATE,
                language=each.source,
                target_language=each.target,
                tier=each.tier,
                engine=info.engine,
                model_id=info.model_id,
                note=each.note,
            )
            for each in self.directions
            if len(each.legs) > 1
        )
        return (*info.capabilities, *bridged)
