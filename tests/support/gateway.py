"""Runs commands against a gateway that is a function: no socket is opened."""

import json
from collections.abc import Callable

import httpx2
from click.testing import CliRunner, Result
from pydantic import BaseModel

from ai4v.cli.failure import CommandError
from ai4v.cli.main import root

SIGN_OUT = "/api/v1/auth/logout"
"""What commands ask last that signed in for themselves."""
ENVIRONMENT = {"AI4V_GATEWAY_URL": "http://gateway", "AI4V_API_KEY": "the-key"}


class FakeGateway:
    """Answers every request with what a function makes of its JSON, and remembers them.

    Signing out is answered here, and not among the requests.
    """

    def __init__(self, answer: Callable[[dict[str, object]], BaseModel | httpx2.Response]) -> None:
        self._answer = answer
        self.requests: list[httpx2.Request] = []
        self.bodies: list[dict[str, object]] = []

    def run(self, *arguments: str, stdin: bytes | None = None) -> Result:
        """Run a command; what it asks is answered here."""
        transport = httpx2.MockTransport(self._handle)
        runner = CliRunner(env=ENVIRONMENT)
        return runner.invoke(root, arguments, input=stdin, obj=transport)

    def fail(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run a command that fails; return its message."""
        result = self.run(*arguments, stdin=stdin)
        if not isinstance(result.exception, CommandError):
            raise AssertionError(result.output) from result.exception  # noqa: TRY004 - a test fails
        return result.exception.message

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == SIGN_OUT:
            return httpx2.Response(204)
        self.requests.append(request)
        body = json.loads(request.content) if request.content else {}
        self.bodies.append(body)
        answer = self._answer(body)
        if isinstance(answer, httpx2.Response):
            return answer
        content = answer.model_dump_json(by_alias=True, exclude_none=True)
        return httpx2.Response(200, content=content.encode())


def refuse(status: int, message: str, **places: str) -> httpx2.Response:
    """Make the platform's refusal; dots in the names of `places` are written as __."""
    errors = [
        {"path": path.strip("_").replace("__", "."), "message": text}
        for path, text in places.items()
    ]
    detail = {"code": "SOME_CODE", "message": message, "requestId": "r-1", "errors": errors}
    return httpx2.Response(status, json={"detail": detail})
