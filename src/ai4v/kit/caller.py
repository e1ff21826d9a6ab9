"""Who asks a service, under which request id, how long they wait, and what it cost them."""

from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Header
from starlette.requests import Request

from ai4v.contracts.identity import Principal
from ai4v.kit.cost import Meter
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.request import get_deadline, get_meter, get_request_id

IDEMPOTENCY_HEADER: Final = "idempotency-key"
MAXIMUM_KEY_LENGTH: Final = 300
"""Characters; more than the gateway lets in, so that the pipeline can make longer keys of one."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    principal: Principal
    request_id: str
    deadline: Deadline
    meter: Meter
    """Counts what the call costs."""
    idempotency_key: str | None
    """Two calls of one user with the same key are one; the gateway lets one at a time through."""


async def get_caller(
    principal: CurrentPrincipal,
    request_id: Annotated[str, Depends(get_request_id)],
    deadline: Annotated[Deadline, Depends(get_deadline)],
    meter: Annotated[Meter, Depends(get_meter)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAXIMUM_KEY_LENGTH,
            pattern=r"^[!-~]+$",
            include_in_schema=False,
        ),
    ] = None,
) -> Caller:
    """Return who asks (a FastAPI dependency)."""
    return Caller(principal, request_id, deadline, meter, idempotency_key)


CurrentCaller = Annotated[Caller, Depends(get_caller)]


def find_entrance(request: Request, kind: type[_T]) -> _T:
    """Return what the app's lifespan put into the state as `entrance`."""
    entrance = request.state.entrance
    if not isinstance(entrance, kind):
        raise TypeError("the lifespan has not run")
    return entrance
