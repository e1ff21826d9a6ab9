"""A flood of refusals makes few events, and none of it is lost from the count."""

from datetime import UTC, datetime

from ai4v.contracts.audit import Refusal
from ai4v.services.auth.audit.entry import Action
from ai4v.services.auth.audit.refusal import SINGLY, SINGLY_ALL, SOURCES, Event, RefusalFold
from tests.support.clock import ManualClock

_AT = datetime(2026, 1, 1, tzinfo=UTC)


def _refusal(actor: str = "anonymous", address: str | None = "203.0.113.9") -> Refusal:
    return Refusal(
        at=_AT,
        request_id="r1",
        address=address,
        actor=actor,
        method="POST",
        route="/api/v1/asr/inference",
        status=401,
        code="AUTHENTICATION_ERROR",
    )


def _count(events: list[Event]) -> int:
    total = 0
    for _, entry in events:
        count = (entry.after or {}).get("count", 1)
        assert isinstance(count, int)
        total += count
    return total


def test_a_refusal_is_told_as_it_came() -> None:
    [(actor, entry)] = RefusalFold(ManualClock()).take([_refusal("key:1")])
    assert (actor.name, actor.address, actor.request_id) == ("key:1", "203.0.113.9", "r1")
    assert entry.action is Action.ACCESS_REFUSE
    assert entry.outcome == "refused"
    assert entry.target == "route:POST /api/v1/asr/inference"
    assert entry.after == {
        "at": "2026-01-01T00:00:00+00:00",
        "method": "POST",
        "status": 401,
        "error": "AUTHENTICATION_ERROR",
    }


def test_a_flood_of_one_source_is_folded_and_others_are_not() -> None:
    clock = ManualClock()
    fold = RefusalFold(clock)
    assert len(fold.take([_refusal()] * 1_000)) == SINGLY
    assert len(fold.take([_refusal("key:1"), _refusal(address="198.51.100.1")])) == 2
    assert fold.flush_when_over() == []
    clock.advance(60)
    [(actor, entry)] = fold.flush_when_over()
    assert (actor.name, actor.address) == ("anonymous", "203.0.113.9")
    assert entry.action is Action.ACCESS_REFUSE_MANY
    assert entry.after == {
        "count": 1_000 - SINGLY,
        "first": "2026-01-01T00:00:00+00:00",
        "last": "2026-01-01T00:00:00+00:00",
        "statuses": {"401": 1_000 - SINGLY},
    }
    assert len(fold.take([_refusal()])) == 1


def test_a_flood_from_everywhere_is_bounded_too() -> None:
    fold = RefusalFold(ManualClock())
    flood = [_refusal(address=f"10.{a}.{b}.1") for a in range(20) for b in range(250)]
    told = fold.take(flood)
    assert len(told) == SINGLY_ALL
    folded = fold.flush()
    assert len(folded) <= SOURCES + 1
    assert _count(told) + _count(folded) == len(flood)


def test_what_is_left_of_a_minute_comes_with_the_next() -> None:
    clock = ManualClock()
    fold = RefusalFold(clock)
    fold.take([_refusal()] * (SINGLY + 5))
    clock.advance(61)
    events = fold.take([_refusal()])
    assert [entry.action for _, entry in events] == [
        Action.ACCESS_REFUSE_MANY,
        Action.ACCESS_REFUSE,
    ]


def test_what_a_client_says_cannot_break_a_line() -> None:
    strange = _refusal().model_copy(update={"route": "/x\n\0", "request_id": "a\nb"})
    [(actor, entry)] = RefusalFold(ManualClock()).take([strange])
    assert (entry.target, actor.request_id) == ("route:POST /x��", "a�b")
