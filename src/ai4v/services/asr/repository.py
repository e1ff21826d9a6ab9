"""What happened, kept in PostgreSQL: who asked when, on which model, and how it ended."""

from dataclasses import dataclass

from ai4v.kit.database import journal
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journal import Journal
from ai4v.services.asr.tables import REQUESTS, RESULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest(journal.NewRequest):
    """A request that is about to be worked on."""

    language: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult(journal.ItemResult):
    """What became of one item; no text."""

    language: str | None
    audio_s: float
    is_silence: bool
    is_script_right: bool
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(journal.RequestRecord):
    """A request as its owner sees it afterwards."""

    language: str
    task: str
    audio_s: float | None
    """Seconds of sound."""


class RequestRepository(Journal[NewRequest, ItemResult, RequestRecord]):
    """Rows of requests and results."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, REQUESTS, RESULTS, RequestRecord)
