"""Runs commands against a platform that keeps sessions: no socket is opened."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
from click.testing import CliRunner, Result

from ai4v.cli.failure import CommandError
from ai4v.cli.main import root
from ai4v.contracts.session import SessionList, SessionTokens, SessionView
from tests.support.gateway import refuse

SESSION = SessionView(
    id=uuid4(),
    method="password",
    address="203.0.113.9",
    user_agent="a browser",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    last_used_at=datetime(2026, 1, 2, tzinfo=UTC),
    expires_at=datetime(2026, 1, 31, tzinfo=UTC),
    is_current=True,
)


class SessionPlatform:
    """Hands out tokens, each refresh token good once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gateway = "http://gateway"
        self.lifetime_s = 900
        self.asked: list[tuple[str, str, str]] = []
        self.hosts: list[str] = []
        self.logout = httpx2.Response(204)
        self.is_down = False
        self.refused: set[str] = set()
        self._count = 0
        self._live: set[str] = set()

    @property
    def file(self) -> Path:
        return self.folder / "session.json"

    def sign_in(self) -> None:
        result = self.run("login", "--username", "asha", stdin="correct horse battery\n")
        assert result.exit_code == 0, result.output
        assert "access" not in result.output

    def run(self, *arguments: str, stdin: str = "") -> Result:
        environment = {
            "AI4V_GATEWAY_URL": self.gateway,
            "AI4V_DATA_DIR": str(self.folder),
            "AI4V_ADMIN_PASSWORD": "the administrator's",
        }
        runner = CliRunner(env=environment)
        result = runner.invoke(root, arguments, input=stdin, obj=httpx2.MockTransport(self._answer))
        if result.exception and not isinstance(result.exception, CommandError | SystemExit):
            raise result.exception
        return result

    def fail(self, *arguments: str) -> str:
        error = self.run(*arguments).exception
        assert isinstance(error, CommandError)
        return error.message

    def end_sessions(self, *, is_key_dropped: bool = False) -> None:
        """End them; or else no access token is good, while the sessions stand."""
        self.refused = {f"Bearer access-{count}" for count in range(1, self._count + 1)}
        if not is_key_dropped:
            self._live.clear()

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/api/v1/auth")
        self.asked.append((request.method, path, request.headers.get("authorization", "")))
        self.hosts.append(request.url.host)
        if self.is_down:
            raise httpx2.ConnectError("refused")
        if self.asked[-1][2] in self.refused:
            return refuse(401, "it is not good")
        return self._serve(path, request)

    def _serve(self, path: str, request: httpx2.Request) -> httpx2.Response:
        if path == "/login":
            return self._make_tokens()
        if path == "/refresh":
            return self._renew(json.loads(request.content)["refresh_token"])
        if path == "/logout":
            return self.logout
        if path == "/users":
            user = {
                "id": str(SESSION.id),
                "username": "asha",
                "role": "user",
                "is_active": True,
                "created_at": "2026-01-01T00:00:00Z",
            }
            found = [user] if request.url.params["username"].lower() == "asha" else []
            return httpx2.Response(200, json={"users": found, "next_cursor": None})
        if request.method == "GET":
            content = SessionList(sessions=(SESSION,)).model_dump_json()
            return httpx2.Response(200, content=content)
        return httpx2.Response(204)

    def _renew(self, used: str) -> httpx2.Response:
        if used not in self._live:
            return refuse(401, "used")
        self._live.remove(used)
        return self._make_tokens()

    def _make_tokens(self) -> httpx2.Response:
        self._count += 1
        refresh_token = f"refresh-{self._count}"
        self._live.add(refresh_token)
        tokens = SessionTokens(
            access_token=f"access-{self._count}",
            expires_in=self.lifetime_s,
            refresh_token=refresh_token,
            refresh_expires_in=604_800,
        )
        return httpx2.Response(200, content=tokens.model_dump_json())
