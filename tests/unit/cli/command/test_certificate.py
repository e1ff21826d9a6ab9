"""A development certificate: for whom, for how long, who may read its key."""

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ai4v.cli.command.certificate import certificate
from ai4v.kit.certificate import TlsFiles


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AI4V_DATA_DIR", str(tmp_path))
    return tmp_path


def test_it_is_for_this_machine_and_the_hosts_named(data_dir: Path) -> None:
    hosts = ["--host", "ai4v.example", "--host", "10.0.0.7", "--host", "भारत.example"]
    result = CliRunner().invoke(certificate, [*hosts, "--host", "localhost"])
    assert result.exit_code == 0, result.output
    made = x509.load_pem_x509_certificate((data_dir / "tls" / "certificate.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "localhost",
        "ai4v.example",
        "xn--h2brj9c.example",
    ]
    addresses = [ip_address(text) for text in ("127.0.0.1", "::1", "10.0.0.7")]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    left = made.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_its_key_is_for_its_owner_alone(data_dir: Path) -> None:
    CliRunner().invoke(certificate)
    assert stat.S_IMODE((data_dir / "tls").stat().st_mode) == 0o700
    for name in ("certificate.pem", "key.pem"):
        assert stat.S_IMODE((data_dir / "tls" / name).stat().st_mode) == 0o600


def test_it_says_what_to_set_and_that_can_be_served(data_dir: Path) -> None:
    told = json.loads(CliRunner().invoke(certificate, ["--json"]).stdout)
    assert set(told) == {"AI4V_GATEWAY_TLS_CERTIFICATE", "AI4V_GATEWAY_TLS_PRIVATE_KEY"}
    files = TlsFiles(*(Path(value) for value in told.values()))
    assert files.context.minimum_version is ssl.TLSVersion.TLSv1_2
    plain = CliRunner().invoke(certificate).stdout
    assert f"AI4V_GATEWAY_TLS_CERTIFICATE={data_dir}/tls/certificate.pem\n" in plain


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "", "a b/c", "https://ai4v.example"])
def test_what_is_no_host_is_refused(data_dir: Path, host: str) -> None:
    result = CliRunner().invoke(certificate, ["--host", host])
    assert result.exit_code == 2
    assert not (data_dir / "tls" / "key.pem").exists()
