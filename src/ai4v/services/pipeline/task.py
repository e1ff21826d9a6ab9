"""Has the other services do the tasks, with the token that the caller came with."""

from dataclasses import dataclass
from typing import Final

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v.contracts.asr import AsrAnswer, AsrRequest
from ai4v.contracts.error import UpstreamError
from ai4v.contracts.nmt import NmtAnswer, NmtRequest
from ai4v.contracts.tts import TtsAnswer, TtsRequest
from ai4v.kit.balance import TurnSource
from ai4v.kit.caller import Caller
from ai4v.kit.client import ServiceClient
from ai4v.kit.cost import HEADER as COST_HEADER
from ai4v.kit.cost import parse_cost
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import RelayedToken
from ai4v.services.pipeline.failure import read_failure
from ai4v.services.pipeline.feed import TaskAnswer, TaskRequest

_RETRY_AFTER: Final = "retry-after"


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a kind of task is done."""

    service: str
    path: str
    answer: type[AsrAnswer] | type[NmtAnswer] | type[TtsAnswer]


_DESKS: Final[dict[type[BaseModel], _Desk]] = {
    AsrRequest: _Desk("asr", "/api/v1/asr/inference", AsrAnswer),
    NmtRequest: _Desk("nmt", "/api/v1/nmt/inference", NmtAnswer),
    TtsRequest: _Desk("tts", "/api/v1/tts/inference", TtsAnswer),
}
SERVICES: Final = tuple(desk.service for desk in _DESKS.values())
"""Those that are asked, as services.toml has them under `calls`."""


class HttpTaskCaller:
    """Asks over HTTP, on behalf of whom `token` names, and counts what it cost.

    The tasks of one call have keys of their own, made of the call's, so that a repeated call is
    the same call to each of the services too.
    """

    def __init__(
        self, http: httpx2.AsyncClient, balancer: TurnSource, token: str, caller: Caller
    ) -> None:
        self._http = http
        self._balancer = balancer
        self._token = RelayedToken(token)
        self._caller = caller
        self._number = 0

    async def do(self, request: TaskRequest, deadline: Deadline) -> TaskAnswer:
        """Ask a live instance; another one when nothing could be sent to the first."""
        desk = _DESKS[type(request)]
        client = ServiceClient(
            desk.service, balancer=self._balancer, signer=self._token, http=self._http
        )
        key = self._caller.idempotency_key
        self._number += 1
        reply = await client.post(
            desk.path,
            request,
            deadline=deadline,
            idempotency_key=None if key is None else f"{key}/{self._number}",
        )
        self._caller.meter.add(parse_cost(reply.headers.get(COST_HEADER)))
        if not reply.is_success:
            raise read_failure(reply.status, reply.content, reply.headers.get(_RETRY_AFTER))
        try:
            return desk.answer.model_validate_json(reply.content)
        except ValidationError:
            raise UpstreamError("it answered something that is no answer of ours") from None
