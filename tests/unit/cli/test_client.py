import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from ai4v.cli.client import (
    Gateway,
    Upload,
    find_api_key,
    find_gateway,
    make_trust,
    open_gateway,
)
from ai4v.cli.command.certificate import make_certificate
from ai4v.cli.exchange import RefusalError
from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.cli.state import State, UnitState, write_state
from ai4v.contracts.auth import AccessToken

Handler = Callable[[httpx2.Request], httpx2.Response]


def gateway(handler: Handler) -> Gateway:
    transport = httpx2.MockTransport(handler)
    http = httpx2.Client(transport=transport, base_url="http://gateway")
    return Gateway(http, Patience(300.0, clock=lambda: 0.0))


def refusal(status: int, **more: object) -> Handler:
    detail = {"code": "SOME_CODE", "message": "it is so", "requestId": "r-1"} | more
    return lambda _request: httpx2.Response(status, json={"detail": detail})


def test_answer_is_read_into_its_contract() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert json.loads(request.content) == {"username": "admin"}
        return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})

    token = gateway(answer).ask("POST", "/login", AccessToken, body={"username": "admin"})
    assert token.access_token == "t"


def test_refusal_is_told_with_its_places() -> None:
    errors = [{"path": "name", "message": "is taken"}, {"path": "x", "message": "it is so"}]
    with pytest.raises(RefusalError) as caught:
        gateway(refusal(422, errors=errors)).delete("/keys/1")
    assert caught.value.message == "it is so (SOME_CODE, request r-1)\n  name: is taken"
    assert [place.path for place in caught.value.places] == ["name", "x"]


def test_place_that_the_message_names_is_told_once() -> None:
    errors = [{"path": "config.x", "message": "it is so"}]
    with pytest.raises(CommandError) as caught:
        gateway(refusal(422, message="config.x: it is so", errors=errors)).delete("/keys/1")
    assert caught.value.message == "config.x: it is so (SOME_CODE, request r-1)"


@pytest.mark.parametrize("body", [b"", b"oops", b"\xff", b'{"detail": 1}', b"[]"])
def test_refusal_of_somebody_else_is_told_by_its_status(body: bytes) -> None:
    with pytest.raises(CommandError, match="answers 502"):
        gateway(lambda _request: httpx2.Response(502, content=body)).delete("/keys/1")


def test_answer_of_somebody_else_is_told() -> None:
    with pytest.raises(CommandError, match="is it our gateway"):
        gateway(lambda _request: httpx2.Response(200, text="hello")).ask("GET", "/", AccessToken)


def test_nobody_there_is_told() -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    with pytest.raises(CommandError, match="nothing answers at http://gateway"):
        gateway(fail).delete("/keys/1")


def test_a_certificate_that_is_not_trusted_is_told() -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        reason = "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"
        raise httpx2.ConnectError(reason, request=request)

    with pytest.raises(CommandError, match=r"is not trusted: .* in AI4V_GATEWAY_CA .*self-signed"):
        gateway(fail).delete("/keys/1")


def test_broken_connection_is_told() -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("", request=request)

    with pytest.raises(CommandError, match="broke off: ReadError"):
        gateway(fail).delete("/keys/1")


def test_work_may_take_as_long_as_a_request_may() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["x-request-timeout-ms"] == "300000"
        assert json.loads(request.content) == {"input": []}
        return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})

    assert gateway(answer).work("/tts", {"input": []}, AccessToken).access_token == "t"


def test_upload_carries_the_file_and_the_fields() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        assert b'name="file"; filename="a.wav"' in body
        assert b"RIFF" in body
        assert b'name="language"\r\n\r\nhi' in body
        return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})

    gateway(answer).upload("/asr", Upload("a.wav", b"RIFF"), {"language": "hi"}, AccessToken)


@pytest.mark.parametrize(
    ("url", "key", "name", "message"),
    [
        ("http://127.0.0.1:1", "", "\udcff", "a name or argument cannot be sent: it is not utf-8"),
        ("http://127.0.0.1:1", "कुंजी", "x", "a key cannot be sent: it is not ascii"),
        (
            "http://127.0.0.1:1",
            "a4v_x\r",
            "x",
            "a key cannot be sent: it holds a line break or space",
        ),
        (
            "http://127.0.0.1:1",
            "a4v x",
            "x",
            "a key cannot be sent: it holds a line break or space",
        ),
        ("http://[::1", "", "x", "is no address"),
        (
            "gateway:8080",
            "",
            "x",
            "no address such as https://.*: gateway:8080",
        ),
        ("ftp://gateway", "", "x", "AI4V_GATEWAY_URL is no address"),
        ("http://", "", "x", "AI4V_GATEWAY_URL is no address"),
    ],
)
def test_what_cannot_be_sent_is_told(url: str, key: str, name: str, message: str) -> None:
    settings = Settings.load({"AI4V_GATEWAY_URL": url})
    with pytest.raises(CommandError, match=message), open_gateway(settings, key) as there:
        there.ask("POST", "/keys", AccessToken, body={"name": name})


class TestFinding:
    def test_gateway_of_the_settings_comes_first(self, tmp_path: Path) -> None:
        values = {"AI4V_DATA_DIR": str(tmp_path), "AI4V_GATEWAY_URL": "http://elsewhere"}
        assert find_gateway(Settings.load(values)) == "http://elsewhere"

    def test_running_gateway_is_found_whatever_the_shift(self, tmp_path: Path) -> None:
        layout = Layout(tmp_path)
        layout.run.mkdir()
        unit = UnitState("gateway", 9, "http://127.0.0.1:9", "healthy", 1, 0)
        write_state(layout.state_file, State("ready", 1, is_first_run=False, units=(unit,)))
        assert find_gateway(Settings.load({"AI4V_DATA_DIR": str(tmp_path)})) == unit.address

    def test_without_a_platform_the_shifted_port_is_taken(self, tmp_path: Path) -> None:
        values = {"AI4V_DATA_DIR": str(tmp_path), "AI4V_PORT_SHIFT": "1000"}
        assert find_gateway(Settings.load(values)) == "http://127.0.0.1:9080"

    def test_a_shift_that_leaves_no_port_is_told(self, tmp_path: Path) -> None:
        values = {"AI4V_DATA_DIR": str(tmp_path), "AI4V_PORT_SHIFT": "70000"}
        with pytest.raises(CommandError, match="AI4V_PORT_SHIFT: shifted by 70000, the port"):
            find_gateway(Settings.load(values))

    def test_key_is_that_of_the_settings_or_of_the_first_start(self, tmp_path: Path) -> None:
        values = {"AI4V_DATA_DIR": str(tmp_path)}
        with pytest.raises(CommandError, match="set AI4V_API_KEY"):
            find_api_key(Settings.load(values))
        first_run = {"username": "admin", "password": "p", "api_key": "first"}
        (tmp_path / "first-run.json").write_text(json.dumps(first_run))
        assert find_api_key(Settings.load(values)) == "first"
        assert find_api_key(Settings.load(values | {"AI4V_API_KEY": "own"})) == "own"


def test_the_development_certificate_is_trusted_and_any_other_that_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    other = tmp_path / "other.pem"
    usual = make_trust(Settings.load({"AI4V_DATA_DIR": str(tmp_path)})).cert_store_stats()["x509"]
    for file in (folder / "certificate.pem", other):
        file.write_text(make_certificate(("localhost",))[0])
    for more in ({}, {"AI4V_GATEWAY_CA": str(other)}):
        trust = make_trust(Settings.load({"AI4V_DATA_DIR": str(tmp_path), **more}))
        assert trust.cert_store_stats()["x509"] == usual + 1
    other.write_text("oops")
    with pytest.raises(CommandError, match="AI4V_GATEWAY_CA"):
        make_trust(Settings.load({"AI4V_DATA_DIR": str(tmp_path), "AI4V_GATEWAY_CA": str(other)}))
