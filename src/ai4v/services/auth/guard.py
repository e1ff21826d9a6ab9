"""Who of the platform may ask what is under /internal."""

from ai4v.contracts.error import AuthorizationError
from ai4v.kit.identity import CurrentCaller


async def require_gateway(caller: CurrentCaller) -> None:
    """Let the gateway through that asks for itself."""
    if caller.service != "gateway" or caller.principal is not None:
        raise AuthorizationError("this path is for the gateway")


async def require_operator(caller: CurrentCaller) -> None:
    """Let the operator's commands through."""
    if caller.service != "cli" or caller.principal is not None:
        raise AuthorizationError("this path is for the operator's commands")
