"""Sees every request end: counts it, writes its line, notes it when it was refused."""

import time
from datetime import UTC, datetime
from typing import Final, Literal

from ai4v.contracts.audit import Refusal
from ai4v.kit.metric import RequestMetrics
from ai4v.services.gateway.passage.visit import Visit
from ai4v.services.gateway.record.accesslog import AccessLine, AccessLog
from ai4v.services.gateway.record.metric import EdgeMetrics
from ai4v.services.gateway.record.refusal import Refusals

_ACCESS_ERRORS: Final = {401: "AUTHENTICATION_ERROR", 403: "AUTHORIZATION_ERROR"}
_UNKNOWN_CALLER: Final = 401
_KEEPER: Final = "auth"
_LONGEST_METHOD: Final = 16
_LONGEST_ADDRESS: Final = 45


class Witness:
    """The one place where all that is seen of a request from outside is made of it."""

    def __init__(
        self,
        requests: RequestMetrics,
        metrics: EdgeMetrics,
        log: AccessLog,
        refusals: Refusals,
    ) -> None:
        self._requests = requests
        self._metrics = metrics
        self.log = log
        self.refusals = refusals

    def begin(self) -> None:
        """See a request come."""
        self._requests.in_flight += 1

    def end(self, visit: Visit) -> None:
        """See it end."""
        self._requests.in_flight -= 1
        seconds = time.perf_counter() - visit.started_s
        scope = visit.scope
        method = scope.get("method", "GET")
        status, label, trace = visit.status, visit.label, visit.trace
        trace_id = "" if trace is None else trace.context.trace_hex
        self._requests.observe(
            method=method,
            route=label,
            status=status,
            seconds=seconds,
            trace_id=trace_id if trace is not None and trace.context.is_sampled else None,
        )
        self._metrics.observe(route=label, key_class=visit.key_class, method=method, status=status)
        request_id = visit.request_id.decode()
        log = self.log
        if log.is_wanted:
            line = (time.time(), request_id, trace_id, method, scope["path"], status)
            log.note(AccessLine(*line, seconds * 1000))
        if status in _ACCESS_ERRORS and not _is_noted_there(visit):
            self._note_refusal(visit, request_id, method)

    def _note_refusal(self, visit: Visit, request_id: str, method: str) -> None:
        status: Literal[401, 403] = 401 if visit.status == _UNKNOWN_CALLER else 403
        is_address = 0 < len(visit.client) <= _LONGEST_ADDRESS and visit.client != "unknown"
        self.refusals.note(
            Refusal(
                at=datetime.now(UTC),
                request_id=request_id,
                address=visit.client if is_address else None,
                actor="anonymous" if visit.guest is None else visit.guest.subject,
                method=method[:_LONGEST_METHOD],
                route=visit.label,
                status=status,
                code=visit.code or _ACCESS_ERRORS[status],
            )
        )


def _is_noted_there(visit: Visit) -> bool:
    """Whether it is an answer of the service that keeps the audit log: it notes its own."""
    return not visit.code and visit.route is not None and visit.route.service == _KEEPER
