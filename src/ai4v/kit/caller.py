"""Who asks a service, under which request id, and how long they wait."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends
from starlette.requests import Request

from ai4v.contracts.identity import Principal
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import CurrentPrincipal
from ai4v.kit.request import get_deadline, get_request_id

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    principal: Principal
    request_id: str
    deadline: Deadline


def get_caller(
    principal: CurrentPrincipal,
    request_id: Annotated[str, Depends(get_request_id)],
    deadline: Annotated[Deadline, Depends(get_deadline)],
) -> Caller:
    """Return who asks (a FastAPI dependency)."""
    return Caller(principal, request_id, deadline)


CurrentCaller = Annotated[Caller, Depends(get_caller)]


def find_entrance(request: Request, kind: type[_T]) -> _T:
    """Return what the app's lifespan put into the state as `entrance`."""
    entrance = request.state.entrance
    if not isinstance(entrance, kind):
        raise TypeError("the lifespan has not run")
    return entrance
