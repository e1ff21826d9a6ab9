"""`ai4v certificate`: TLS for trying it out, by a certificate that only this machine trusts."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ai4v.cli.example import examples
from ai4v.cli.layout import write_private
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings

_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
_VALID_FOR: Final = timedelta(days=90)
_NAME: Final = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*\.?", re.ASCII)
_CLOCK_SKEW: Final = timedelta(hours=1)


@examples(
    "ai4v certificate",
    "ai4v certificate --host speech.example.org",
)
@click.command()
@click.option("--host", "hosts", multiple=True, help="Another name or address of the gateway.")
@json_option
def certificate(hosts: tuple[str, ...], *, as_json: bool) -> None:
    """Make a development certificate for the gateway, for 90 days.

    It is for localhost and each --host. Browsers trust it when you tell them to; on the
    internet use one of a certificate authority.
    """
    folder = Settings.load().data_dir / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    chain, key = make_certificate((*_HOSTS, *hosts))
    files = (folder / "certificate.pem", folder / "key.pem")
    for file, text in zip(files, (chain, key), strict=True):
        write_private(file, text)
    _tell(*files, as_json=as_json)


def make_certificate(hosts: tuple[str, ...]) -> tuple[str, str]:
    """Return a certificate that vouches for itself, and its key, both in PEM.

    Args:
        hosts: names and addresses, each once.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AI4V-C development")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(
            x509.SubjectAlternativeName([_name(host) for host in dict.fromkeys(hosts)]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return built.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode("ascii")
    except (UnicodeError, ValueError):
        name = ""
    if not _NAME.fullmatch(name):
        raise click.BadParameter(f"{host!r} is no name of a host", param_hint="--host")
    return x509.DNSName(name)


def _tell(certificate_file: Path, key_file: Path, *, as_json: bool) -> None:
    variables = {
        "AI4V_GATEWAY_TLS_CERTIFICATE": str(certificate_file),
        "AI4V_GATEWAY_TLS_PRIVATE_KEY": str(key_file),
    }
    if as_json:
        print_json(variables)
        return
    for name, value in variables.items():
        click.echo(f"{name}={value}")
    click.echo("set both for the gateway; it then speaks https alone", err=True)
