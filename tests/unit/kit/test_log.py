import errno
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ai4v.kit.log import configure_logging, get_logger, redact

KEY = "a4v_0123456789abcdef"
JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def clean(**event: object) -> dict[str, object]:
    return dict(redact(None, "info", event))


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "Authorization", "api_key", "x-api-key", "password", "new_password"),
        *("secret", "access_token", "cookie", "credential"),
        *("source", "target", "text", "transcript", "audio"),
    ],
)
def test_secrets_and_content_are_known_by_name(name: str) -> None:
    assert clean(**{name: "value", "kept": "value"}) == {name: "[redacted]", "kept": "value"}


@pytest.mark.parametrize(
    "text", [KEY, f"for {KEY}", JWT, f"token={JWT}", "redis://user:pass@host/0", "x://:pass@host"]
)
def test_secrets_are_known_by_shape(text: str) -> None:
    cleaned = str(clean(event=text)["event"])
    assert "[redacted]" in cleaned
    assert not any(part in cleaned for part in (KEY, JWT, "pass"))


def test_other_values_stay() -> None:
    event = {"event": "request", "path": "/api/v1/asr", "status": 200, "duration_ms": 1.5}
    assert clean(**event) == event


class FullDisk(io.StringIO):
    writes = 0

    def write(self, _text: str) -> int:
        self.writes += 1
        raise OSError(errno.ENOSPC, "no space left on device")


@pytest.fixture
def restored() -> Iterator[None]:
    """Afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    kept = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


@pytest.mark.usefixtures("restored")
def test_every_logger_writes_one_clean_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("asr", "info")
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        get_logger("one").info("hello", password="x", text="नमस्ते", count=1)
        logging.getLogger("two").warning("with %s", KEY)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["hello", "with [redacted]"]
    assert [line["level"] for line in lines] == ["info", "warning"]
    assert {line["service"] for line in lines} == {"asr"}
    assert {line["request_id"] for line in lines} == {"r1"}
    assert (lines[0]["password"], lines[0]["text"], lines[0]["count"]) == ("[redacted]",) * 2 + (1,)


@pytest.mark.usefixtures("restored")
def test_a_traceback_keeps_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("asr", "info")
    get_logger("one").error("failed", exc_info=ValueError(f"no {KEY}"))
    line = json.loads(capsys.readouterr().out)
    assert "ValueError" in line["exception"]
    assert KEY not in line["exception"]


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical", "exception"])
def test_a_full_disk_harms_nobody_who_logs(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setattr("sys.stdout", disk := FullDisk())
    configure_logging("asr", "debug")
    getattr(get_logger("one"), level)("hello")
    assert disk.writes == 1
