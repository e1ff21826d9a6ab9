"""What happened, kept in PostgreSQL: who asked when, for which voice, and how it ended."""

from dataclasses import dataclass

from ai4v.kit.database import journal
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journal import Journal
from ai4v.services.tts.tables import REQUESTS, RESULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest(journal.NewRequest):
    """A request that is about to be worked on."""

    language: str
    voice_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult(journal.ItemResult):
    """What became of one item; no text."""

    characters: int
    """As they came."""
    audio_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(journal.RequestRecord):
    """A request as its owner sees it afterwards."""

    language: str
    voice_id: str
    characters: int | None
    """Of all items; None unless completed."""
    audio_s: float | None
    """Seconds of sound."""


class RequestRepository(Journal[NewRequest, ItemResult, RequestRecord]):
    """Rows of requests and results."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, REQUESTS, RESULTS, RequestRecord)
