"""A fresh installation has no secret that anybody else knows (OWASP ASVS 5.0, V13)."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ai4v.cli.secret import prepare_secrets
from ai4v.kit.settings import ServiceSettings
from ai4v.kit.topology import load_topology
from ai4v.services.auth.account.password import generate_password
from ai4v.services.auth.account.strength import is_guessable
from ai4v.services.auth.settings import AuthSettings
from tools.openapi import make_app

_SERVICES = tuple(service.package for service in load_topology().services)
_COMMON = ("password", "admin", "secret", "changeme", "postgres", "redis", "root", "ai4v")


def settings_of(package: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"{package}.settings")
    service = package.rpartition(".")[2]
    (found,) = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, ServiceSettings)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
        and value.service == service
    ]
    return found


def secrets_of(settings: type[ServiceSettings]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in settings.model_fields.items():
        if field.annotation is SecretStr or "SecretStr" in str(field.annotation):
            yield name, field


def secret_files(folder: Path) -> dict[str, str]:
    prepare_secrets(folder, load_topology())
    return {path.name: path.read_text("ascii") for path in folder.iterdir()}


@pytest.mark.parametrize("package", _SERVICES)
def test_no_service_has_a_secret_by_default(package: str) -> None:
    settings = settings_of(package)
    found = dict(secrets_of(settings))
    assert "cache_url" in found
    for name, field in found.items():
        default = field.get_default()
        is_given = isinstance(default, SecretStr) and default.get_secret_value() != ""
        assert not is_given, f"{settings.__name__}.{name}"


def test_what_looks_like_a_secret_is_one() -> None:
    named = ("password", "secret", "private_key", "token", "smtp_url", "database_url", "cache_url")
    for package in _SERVICES:
        settings = settings_of(package)
        secrets = {name for name, _ in secrets_of(settings)}
        for name, field in settings.model_fields.items():
            if any(word in name for word in named) and "Path" not in str(field.annotation):
                assert name in secrets, f"{settings.__name__}.{name}"


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    one, other = (tmp_path / name for name in ("one", "other"))
    for folder in (one, other):
        folder.mkdir(mode=0o700)
    first, second = secret_files(one), secret_files(other)
    assert first.keys() == second.keys()
    assert len(first) >= 7
    for name, value in first.items():
        assert value != second[name], name
        assert not any(word == value.lower() for word in _COMMON)


def test_generated_passwords_are_long_and_never_the_same(tmp_path: Path) -> None:
    values = secret_files(tmp_path)
    for name in ("postgres_password", "postgres_superuser_password", "valkey_password"):
        assert len(values[name]) >= 43, name
    passwords = [generate_password() for _ in range(100)]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= 20
    assert not any(map(is_guessable, passwords))


def test_nobody_may_register_unless_it_is_said() -> None:
    assert AuthSettings.model_fields["registration"].get_default() == "closed"
    assert AuthSettings.model_fields["allows_loopback_providers"].get_default() is False


@pytest.mark.parametrize("package", _SERVICES)
def test_no_app_tells_how_it_is_made(package: str) -> None:
    app = make_app(package)
    assert app.debug is False
    assert (app.docs_url, app.redoc_url) == (None, None)
