"""What happened, kept in PostgreSQL: who asked when, on which model, and how it ended."""

from dataclasses import dataclass

from ai4v.kit.database import journal
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journal import Journal
from ai4v.services.nmt.tables import REQUESTS, RESULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest(journal.NewRequest):
    """A request that is about to be worked on."""

    source_language: str
    """As asked: may be `auto`."""
    target_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult(journal.ItemResult):
    """What became of one text; not the text."""

    source_language: str
    """As asked, or as found."""
    characters_in: int
    characters_out: int
    tier: str
    is_script_right: bool
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord(journal.RequestRecord):
    """A request as its owner sees it afterwards."""

    source_language: str
    target_language: str
    characters_in: int | None
    characters_out: int | None


class RequestRepository(Journal[NewRequest, ItemResult, RequestRecord]):
    """Rows of requests and results."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, REQUESTS, RESULTS, RequestRecord)
