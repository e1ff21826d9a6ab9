"""HTTP to use case and back: the audit log for those who may read it, and for the platform."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from ai4v.contracts.audit import (
    AuditEvent,
    AuditList,
    AuditVerification,
    Moment,
    RefusalBatch,
    Verdict,
)
from ai4v.contracts.permission import INTERNAL, Permission
from ai4v.kit.paging import DEFAULT_SIZE, MAXIMUM_SIZE
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.chain import Row
from ai4v.services.auth.audit.entry import Action
from ai4v.services.auth.audit.repository import Filter
from ai4v.services.auth.audit.service import AuditLog
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.guard import require_gateway, require_operator

_NAME: Final = r"^[\x21-\x7e]{1,256}$"


class AuditQuery(BaseModel):
    """Which events are asked for; all that is given must fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: str | None = Field(default=None, pattern=_NAME)
    """`user:<id>`, `key:<id>`, `anonymous`, or a part of the platform."""
    action: Action | None = None
    target: str | None = Field(default=None, pattern=r"^[\x20-\x7e]{1,256}$")
    since: Moment | None = None
    until: Moment | None = None
    """Not included."""
    before: int | None = Field(default=None, ge=1, le=2**63 - 1)
    """Only events with a smaller sequence: how the next page is asked for."""
    limit: int = Field(default=DEFAULT_SIZE, ge=1, le=MAXIMUM_SIZE)


async def get_log(auth: Auth) -> AuditLog:
    """Return the use cases of this area."""
    return auth.areas.audit


Log = Annotated[AuditLog, Depends(get_log)]

router = APIRouter(prefix="/api/v1/auth", tags=["audit"], dependencies=[Depends(forbid_caching)])
internal_router = APIRouter(prefix="/internal/audit", tags=["internal"])


@router.get("/audit", openapi_extra=needs(Permission.AUDIT_READ))
async def list_events(query: Annotated[AuditQuery, Query()], log: Log) -> AuditList:
    """List who did what, newest first."""
    wanted = Filter(query.actor, query.action, query.target, query.since, query.until)
    rows, has_more = await log.page(wanted, size=query.limit, before=query.before)
    next_before = rows[-1].sequence if has_more else None
    return AuditList(events=tuple(map(view_event, rows)), next_before=next_before)


@internal_router.post(
    "/refusals",
    status_code=204,
    dependencies=[Depends(require_gateway)],
    openapi_extra=needs(INTERNAL),
)
async def note_refusals(batch: RefusalBatch, log: Log) -> None:
    """Note accesses that the gateway refused, or that a service behind it did."""
    await log.refuse(batch.refusals)


@internal_router.post(
    "/verify",
    dependencies=[Depends(require_operator)],
    openapi_extra=needs(INTERNAL),
)
async def verify(asked: AuditVerification, log: Log) -> Verdict:
    """Follow the whole log, and compare it with the signed heads."""
    return await log.verify(asked.heads)


@internal_router.get(
    "/events",
    dependencies=[Depends(require_operator)],
    openapi_extra=needs(INTERNAL),
)
async def export(log: Log) -> StreamingResponse:
    """Give out all events, oldest first, one JSON object a line."""
    return StreamingResponse(_write_lines(log), media_type="application/x-ndjson")


def view_event(row: Row) -> AuditEvent:
    """Show a row."""
    content = row.content
    return AuditEvent(
        sequence=row.sequence,
        at=content.at.astimezone(UTC),
        action=content.action,
        outcome="refused" if content.outcome == "refused" else "done",
        actor=content.actor,
        target=content.target,
        before=dict(content.before) if content.before is not None else None,
        after=dict(content.after) if content.after is not None else None,
        request_id=content.request_id,
        address=content.address,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


async def _write_lines(log: AuditLog) -> AsyncIterator[bytes]:
    async for rows in log.stream():
        yield await asyncio.to_thread(_write, rows)


def _write(rows: Sequence[Row]) -> bytes:
    return b"".join(view_event(row).model_dump_json().encode() + b"\n" for row in rows)
