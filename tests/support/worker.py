"""A worker without a process."""

from collections import deque
from typing import TypeVar

import msgspec

from ai4v.kit.worker.frame import Payload
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import WorkerSpec

_Response = TypeVar("_Response", bound=msgspec.Struct)


class _Nothing(msgspec.Struct):
    """No settings."""


class ScriptedWorker(Worker):
    """Gives its answers in turn; an exception is raised."""

    def __init__(self, *answers: msgspec.Struct | Exception) -> None:
        super().__init__(WorkerSpec("scripted", "", _Nothing()))
        self._answers = deque(answers)

    async def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def call(
        self,
        method: str,
        request: msgspec.Struct,
        payload: Payload = b"",
        *,
        response: type[_Response],
        timeout_s: float,
    ) -> tuple[_Response, bytearray]:
        del method, request, payload, timeout_s
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, response)
        return answer, bytearray()
