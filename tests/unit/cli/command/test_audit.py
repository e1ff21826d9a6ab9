from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result

from ai4v.cli.main import root
from ai4v.contracts.audit import Fault, Verdict
from tests.support.gateway import SIGN_OUT, refuse
from tests.support.key import KeyPair

_GOOD = Verdict(rows=12, heads=2, unreadable_heads=0, forged_heads=0, bad_sequence=None, fault=None)
_EVENT = {
    "sequence": 2,
    "at": "2026-01-01T00:00:00Z",
    "action": "key.create",
    "outcome": "done",
    "actor": "user:1",
    "target": "key:1",
    "before": None,
    "after": {"name": "ॐ"},
    "request_id": "r1",
    "address": None,
    "previous_hash": "0" * 64,
    "hash": "1" * 64,
}


class _Services:
    """Gateway and auth service, as functions."""

    def __init__(self, answers: dict[str, httpx2.Response]) -> None:
        self._answers = answers
        self.requests: list[httpx2.Request] = []

    def run(self, folder: Path, *arguments: str) -> Result:
        environment = {
            "AI4V_DATA_DIR": str(folder),
            "AI4V_GATEWAY_URL": "http://gateway",
            "AI4V_ADMIN_PASSWORD": "correct horse battery",
            "AI4V_GATEWAY_INTERNAL_PRIVATE_KEY": KeyPair().private.get_secret_value(),
        }
        transport = httpx2.MockTransport(self._handle)
        return CliRunner(env=environment).invoke(root, arguments, obj=transport)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == SIGN_OUT:
            return httpx2.Response(204)
        self.requests.append(request)
        if request.url.path == "/api/v1/auth/login":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})
        return self._answers[request.url.path]


def _verdict(verdict: Verdict) -> _Services:
    answer = httpx2.Response(200, content=verdict.model_dump_json().encode())
    return _Services({"/internal/audit/verify": answer})


def test_a_good_log_is_ok(tmp_path: Path) -> None:
    services = _verdict(_GOOD)
    result = services.run(tmp_path, "audit", "verify")
    assert (result.exit_code, result.stdout) == (0, "OK: 12 events, 2 signed heads\n")
    (request,) = services.requests
    assert (request.method, request.content) == ("POST", b"{}")
    assert request.headers["x-ai4v-internal-token"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"rows": 4, "bad_sequence": 5, "fault": Fault.CHANGED},
            "BROKEN at event 5: changed; before it 4 events, 2 signed heads\n",
        ),
        (
            {"forged_heads": 1},
            "BROKEN: 1 heads are not signed by this platform; 12 events, 2 signed heads\n",
        ),
    ],
)
def test_a_broken_log_is_told_and_the_status_is_1(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    verdict = _GOOD.model_copy(update=changes)
    result = _verdict(verdict).run(tmp_path, "audit", "verify")
    assert (result.exit_code, result.stdout) == (1, message)
    result = _verdict(verdict).run(tmp_path, "audit", "verify", "--json")
    assert result.exit_code == 1
    assert '"ok": false' in result.stdout


@pytest.mark.parametrize(("set_to", "limit"), [("60", "610"), ("800", "800")])
def test_who_gives_up_waiting_says_what_would_be_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_to: str, limit: str
) -> None:
    monkeypatch.setenv("AI4V_TIMEOUT_S", set_to)
    busy = refuse(503, "another one is under way")
    busy.headers["retry-after"] = "900"
    result = _Services({"/internal/audit/verify": busy}).run(tmp_path, "audit", "verify")
    assert str(result.exception).endswith(
        f"and this takes {limit} s in all at most; for more set AI4V_TIMEOUT_S to over {limit}"
    )


def test_heads_of_a_copy_are_sent(tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_text("one\ntwo\n")
    services = _verdict(_GOOD)
    assert services.run(tmp_path, "audit", "verify", "--heads", str(copy)).exit_code == 0
    assert services.requests[0].content == b'{"heads":["one","two"]}'


def test_events_are_asked_for_as_the_options_say(tmp_path: Path) -> None:
    page = httpx2.Response(200, json={"events": [_EVENT], "next_before": None})
    services = _Services({"/api/v1/auth/audit": page})
    options = ("--actor", "user:1", "--since", "2026-01-01", "--limit", "7")
    result = services.run(tmp_path, "audit", "list", *options)
    assert result.exit_code == 0, result.output
    assert "key.create" in result.stdout
    assert dict(services.requests[-1].url.params) == {
        "actor": "user:1",
        "since": "2026-01-01T00:00:00+00:00",
        "limit": "7",
    }


def test_pages_are_read_up_to_the_limit(tmp_path: Path) -> None:
    page = httpx2.Response(200, json={"events": [_EVENT] * 100, "next_before": 2})
    services = _Services({"/api/v1/auth/audit": page})
    result = services.run(tmp_path, "audit", "list", "--limit", "150", "--json")
    assert result.exit_code == 0, result.output
    limits = [request.url.params["limit"] for request in services.requests[1:]]
    assert limits == ["100", "50"]
    assert services.requests[-1].url.params["before"] == "2"


def test_all_events_go_to_a_file(tmp_path: Path) -> None:
    lines = httpx2.Response(200, content=b'{"sequence":1}\n{"sequence":2}\n')
    target = tmp_path / "log.jsonl"
    services = _Services({"/internal/audit/events": lines})
    result = services.run(tmp_path, "audit", "export", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert target.read_text() == '{"sequence":1}\n{"sequence":2}\n'


def test_without_the_keys_of_the_platform_it_is_told(tmp_path: Path) -> None:
    runner = CliRunner(env={"AI4V_DATA_DIR": str(tmp_path), "AI4V_SECRETS_DIR": str(tmp_path)})
    result = runner.invoke(root, ["audit", "verify"])
    assert "has no keys of a platform" in str(result.exception)


def test_what_is_no_time_is_told_by_an_example(tmp_path: Path) -> None:
    services = _Services({})
    result = services.run(tmp_path, "audit", "list", "--since", "yesterday")
    assert (result.exit_code, services.requests) == (2, [])
    assert "'yesterday' is no time such as 2026-01-31 or '2026-01-31 14:30'" in result.stderr
    assert "%" not in services.run(tmp_path, "audit", "list", "--help").stdout
