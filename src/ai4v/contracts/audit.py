"""What is said to and by the audit log: its events, the verdict on it, refusals to be noted."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)

REFUSALS_AT_ONCE: Final = 100
HEADS_AT_ONCE: Final = 100_000


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is not within the years 1 to 9999") from None


ShortText = Annotated[str, StringConstraints(max_length=256)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""In UTC, where the first and the last hours of the calendar may fall out of it."""


class Fault(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"
    DELETED = "deleted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    """Rows at the end are gone that a signed head tells of."""
    REWRITTEN = "rewritten"
    """The chain holds, and is not the one that a signed head tells of."""


class AuditEvent(BaseModel):
    """One row of the audit log."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    """1 for the first, then without holes."""
    at: datetime
    action: str
    """`<what>.<verb>`, such as `key.create`."""
    outcome: Literal["done", "refused"]
    actor: str
    """`user:<id>`, `key:<id>`, `anonymous`, or a part of the platform."""
    target: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    request_id: str
    address: str | None
    previous_hash: str
    hash: str


class AuditList(BaseModel):
    """One page of the log, newest first."""

    model_config = ConfigDict(frozen=True)

    events: tuple[AuditEvent, ...]
    next_before: int | None
    """Ask with it as `before` for the next page; None: this is the last."""


class Verdict(BaseModel):
    """Whether the log is as it was written."""

    model_config = ConfigDict(frozen=True)

    rows: int
    """So many from the first are right."""
    heads: int
    """Rows that signed heads vouch for."""
    unreadable_heads: int
    """Lines of the file of heads that say nothing, as a crash may leave one."""
    forged_heads: int
    """Heads that this platform's key has not signed."""
    bad_sequence: int | None
    """The first row that is not as it was written; None: all are."""
    fault: Fault | None
    """What happened to it."""

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.bad_sequence is None and not self.forged_heads


class AuditVerification(BaseModel):
    """The operator's POST /internal/audit/verify."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    heads: tuple[str, ...] | None = Field(default=None, max_length=HEADS_AT_ONCE)
    """Lines of a file of heads; None: those of the service's own file."""


class Refusal(BaseModel):
    """One answer 401 or 403 that the gateway gave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    request_id: Annotated[str, StringConstraints(max_length=64)]
    address: Annotated[str, StringConstraints(max_length=45)] | None
    actor: Annotated[str, StringConstraints(max_length=128)]
    """`user:<id>`, `key:<id>` or `anonymous`."""
    method: Annotated[str, StringConstraints(max_length=16)]
    route: ShortText
    """The route's label, not the path: no ids."""
    status: Literal[401, 403]
    code: Annotated[str, StringConstraints(max_length=64)]


class RefusalBatch(BaseModel):
    """The gateway's POST /internal/audit/refusals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: tuple[Refusal, ...] = Field(min_length=1, max_length=REFUSALS_AT_ONCE)
