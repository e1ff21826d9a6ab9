"""The statements of a journal: each is made once, and is one round trip.

Every request runs two of them, so what they cost is what a service costs beside its engine.
"""

from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import (
    ARRAY,
    Executable,
    Integer,
    Interval,
    SmallInteger,
    String,
    Table,
    Update,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    join,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ai4v.kit.database.journaltable import HAS_KEY, RequestStatus

_OPEN: Final = (RequestStatus.STARTED, RequestStatus.ABANDONED)
"""What an instance may still finish: one that was only thought to be dead knows better."""
LIST_OF: Final = "list_of_"
"""Before the name of a column of the results: a parameter named as a column would be set in it."""


@dataclass(frozen=True, slots=True)
class JournalStatements:
    """What is run for each request, by name of the parameters."""

    start: Executable
    """A column each but those of time, and `timeout`."""
    take_over: Executable
    """The same for a request with an idempotency key: the row of an earlier call is replaced."""
    complete: Executable
    """`of`, `count`, and a list for each column of the results, its name after `LIST_OF`.

    No row comes back when the request was not open."""
    end: Executable
    """`of`, `ending`, `code`."""

    @classmethod
    def of(cls, requests: Table, results: Table) -> Self:
        """Make those of a service."""
        start = insert(requests).values(
            status=RequestStatus.STARTED,
            started_at=func.now(),
            deadline_at=func.now() + bindparam("timeout", type_=Interval()),
            finished_at=None,
            error_code=None,
        )
        take_over = start.on_conflict_do_update(
            index_elements=["user_id", "idempotency_key"],
            index_where=HAS_KEY,
            set_=dict(start.excluded),
        )
        end = _ending(requests).values(
            status=bindparam("ending", type_=String()), error_code=bindparam("code", type_=String())
        )
        return cls(start, take_over, _completion(requests, results), end)


def _ending(requests: Table) -> Update:
    return (
        update(requests)
        .where(requests.c.id == bindparam("of", type_=Uuid()), requests.c.status.in_(_OPEN))
        .values(finished_at=func.now())
    )


def _completion(requests: Table, results: Table) -> Executable:
    """Mark the request completed and, where that was possible, put its results in their place.

    Those of an earlier call with the same key are replaced, and what it had more is deleted: never
    both for one row, since PostgreSQL does not say which of the two is done first.
    """
    owner = next(iter(results.primary_key.columns))
    own = [column for column in results.columns if not column.primary_key]
    ended = (
        _ending(requests)
        .values(status=RequestStatus.COMPLETED, error_code=None)
        .returning(requests.c.id)
        .cte("ended")
    )
    surplus = (
        delete(results)
        .where(
            owner == ended.c.id,
            results.c.item_index >= bindparam("count", type_=Integer()),
        )
        .cte("surplus")
    )
    lists = (bindparam(LIST_OF + column.name, type_=ARRAY(column.type)) for column in own)
    names = (column.name for column in own)
    items = (
        func.unnest(*lists)
        .table_valued(*names, with_ordinality="place", name="items")
        .render_derived()
    )
    index = cast(items.c.place - 1, SmallInteger)
    statement = insert(results).from_select(
        [owner.name, "item_index", *(column.name for column in own)],
        select(ended.c.id, index, *(items.c[column.name] for column in own))
        .select_from(join(ended, items, true()))
        .add_cte(surplus),
    )
    return statement.on_conflict_do_update(
        index_elements=[owner.name, "item_index"],
        set_={column.name: statement.excluded[column.name] for column in own},
    ).returning(results.c.item_index)
