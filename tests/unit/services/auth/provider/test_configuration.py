"""Providers as the settings describe them."""

import json

import pytest

from ai4v.contracts.role import Role
from ai4v.services.auth.provider.configuration import read_providers

_SECRET = "what must be in no message"
_GOOGLE = {"name": "google", "preset": "google", "client_id": "c", "client_secret": _SECRET}
_TOML = f"""
[[provider]]
name = "google"
preset = "google"
client_id = "c"
client_secret = "{_SECRET}"

[[provider]]
name = "staff"
preset = "keycloak"
issuer = "https://login.example.org/realms/staff"
client_id = "c"
client_secret = "{_SECRET}"
allowed_domains = ["Example.org"]
role = "moderator"
"""


def test_nothing_is_nobody() -> None:
    assert read_providers("") == ()
    assert read_providers("[]") == ()


def test_json_and_toml_say_the_same() -> None:
    (google,) = read_providers(json.dumps([_GOOGLE]))
    assert google == read_providers(_TOML)[0] == read_providers(_TOML.lstrip())[0]
    assert google.issuer == "https://accounts.google.com"
    assert google.scopes == ("openid", "email", "profile")
    assert google.title == "Google"
    assert google.role is Role.USER
    assert google.github is None


def test_what_is_said_counts_before_the_preset() -> None:
    staff = read_providers(_TOML)[1]
    assert staff.issuer == "https://login.example.org/realms/staff"
    assert staff.allowed_domains == ("example.org",)
    assert staff.role is Role.MODERATOR
    (own,) = read_providers(json.dumps([{**_GOOGLE, "scopes": ["openid"], "title": "G"}]))
    assert (own.scopes, own.title) == (("openid",), "G")


def test_github_speaks_its_own_way() -> None:
    (github,) = read_providers(json.dumps([{**_GOOGLE, "name": "github", "preset": "github"}]))
    assert github.github is not None
    assert github.github.api_url == "https://api.github.com"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "No Name"},
        {"name": "../x"},
        {"preset": "facebook"},
        {"preset": "keycloak"},
        {"client_id": ""},
        {"client_secret": None},
        {"issuer": "accounts.google.com"},
        {"role": "emperor"},
        {"something": "else"},
        {"allowed_domains": ["*"]},
    ],
    ids=repr,
)
def test_what_is_wrong_is_refused_and_no_secret_told(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        read_providers(json.dumps([_GOOGLE | change]))
    assert _SECRET not in str(caught.value)


@pytest.mark.parametrize("text", ["[", "{", "oops", "[[provider]]", "provider = 1", '["x"]'])
def test_what_is_neither_json_nor_toml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_providers(text)


def test_one_name_is_one_provider() -> None:
    with pytest.raises(ValueError, match="one name"):
        read_providers(json.dumps([_GOOGLE, _GOOGLE]))
