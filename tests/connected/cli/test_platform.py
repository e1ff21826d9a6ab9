"""A platform that is up: what the commands say of it and do with it."""

import json
import stat
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ai4v.kit.model import load_catalogue
from tests.support.platform import Platform
from tests.support.poll import until

pytestmark = pytest.mark.connected


def test_open_ports_are_those_of_the_registry(platform: Platform) -> None:
    listening = set()
    for process in platform.find_family():
        with suppress(psutil.NoSuchProcess):  # a backend of PostgreSQL that ended meanwhile
            listening |= {
                (connection.laddr.ip, connection.laddr.port)
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert listening == {("127.0.0.1", port) for port in platform.topology.ports.values()}


async def test_status_shows_everything_healthy(platform: Platform) -> None:
    async def is_healthy() -> bool:
        return {unit.health for unit in platform.state.units} == {"healthy"}

    await until(is_healthy)
    shown = platform.run("status", "--json")
    status = json.loads(shown.stdout)
    assert shown.returncode == 0
    assert status["phase"] == "ready"
    assert {unit["name"]: unit["port"] for unit in status["services"]} == platform.topology.ports
    assert {unit["health"] for unit in status["services"]} == {"healthy"}


def test_secrets_are_for_the_owner_alone(platform: Platform) -> None:
    closed = [platform.data_dir / name for name in ("secrets", "log", "run", "directory")]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in closed} == {0o700}
    files = [platform.data_dir / "first-run.json", platform.data_dir / "valkey" / "valkey.conf"]
    files += [file for folder in closed for file in folder.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_first_run_secrets_are_in_no_log(platform: Platform) -> None:
    first_run = platform.first_run
    logs = "".join(file.read_text() for file in (platform.data_dir / "log").iterdir())
    assert first_run.password not in logs
    assert first_run.api_key not in logs


def test_second_supervisor_is_refused(platform: Platform) -> None:
    second = platform.run("up", "--accept-licences")
    assert second.returncode == 1
    assert f"already runs on {platform.data_dir} (pid {platform.state.pid})" in second.stderr


def test_key_is_created_listed_and_revoked(platform: Platform) -> None:
    created = json.loads(platform.run("keys", "create", "--name", "reader", "--json").stdout)
    assert created["key"].startswith(created["prefix"])
    revoked = platform.run("keys", "revoke", created["id"], "--json")
    assert json.loads(revoked.stdout) == {"id": created["id"], "revoked": True}
    listed = {key["id"]: key for key in json.loads(platform.run("keys", "list", "--json").stdout)}
    assert listed[created["id"]]["revoked_at"] is not None
    assert "key" not in listed[created["id"]]


def test_reset_administrator_signs_in_with_the_new_password(platform: Platform) -> None:
    old = platform.first_run
    answer = json.loads(platform.run("admin", "reset", "--json").stdout)
    assert answer["password"] != old.password
    assert platform.first_run.password == answer["password"]
    assert platform.first_run.api_key == old.api_key
    assert platform.run("keys", "list", "--json").returncode == 0


def test_created_user_is_shown_with_a_password(platform: Platform) -> None:
    user = json.loads(platform.run("users", "create", "asha", "--json").stdout)
    assert (user["username"], user["role"]) == ("asha", "user")
    assert len(user["password"]) >= 15
    again = platform.run("users", "create", "asha", "--json")
    assert again.returncode == 1
    assert "username: is taken" in again.stderr


def test_logs_show_the_named_process_alone(platform: Platform) -> None:
    shown = platform.run("logs", "auth", "-n", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["process"] for line in shown] == ["auth", "auth"]
    unknown = platform.run("logs", "nobody")
    assert unknown.returncode == 1
    assert "there is no log of nobody: there are asr" in unknown.stderr


def test_doctor_finds_nothing_amiss(platform: Platform) -> None:
    examined = platform.run("doctor", "--json")
    assert examined.returncode == 0, examined.stdout
    findings = {item["subject"]: item["state"] for item in json.loads(examined.stdout)}
    assert findings["ports"] == "ok"
    assert findings["model whisper-base"] == "ok"


def test_transcribe_says_which_file_is_not_sound(platform: Platform) -> None:
    refused = platform.run("transcribe", __file__, "--language", "hi")
    assert refused.returncode == 1
    assert "test_platform.py: " in refused.stderr
    assert "INVALID_AUDIO" in refused.stderr


def test_transcribe_does_the_good_files_beside_a_bad_one(platform: Platform) -> None:
    speech = Path(__file__).resolve().parents[2] / "data/speech/hi/02.ogg"
    files = (__file__, str(speech))
    done = platform.run("transcribe", *files, "--language", "hi", "--json")
    assert done.returncode == 1
    bad, good = json.loads(done.stdout)
    assert bad["file"] == __file__
    assert "INVALID_AUDIO" in bad["error"]
    assert "मौसम" in good["source"]


def test_models_that_are_here_are_whole(platform: Platform) -> None:
    verified = json.loads(platform.run("models", "verify", "--json").stdout)
    assert {model["name"]: model["problems"] for model in verified} == {
        name: [] for name in load_catalogue()
    }


def test_commands_that_sign_in_for_themselves_leave_no_session(platform: Platform) -> None:
    administrator = platform.first_run.username
    platform.run("keys", "list")
    platform.run("users", "role", "nobody-there", "user")
    listed = platform.run("sessions", "list", "--user", administrator, "--json")
    assert [session["is_current"] for session in json.loads(listed.stdout)] == [True]
