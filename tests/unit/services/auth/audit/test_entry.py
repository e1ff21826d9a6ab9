"""No secret gets into the audit log, whatever it is called by whoever makes the entry."""

import json

import pytest
from pydantic import JsonValue

from ai4v.services.auth.audit.entry import Action, Entry

_SECRETS = (
    *("password", "new_password", "password_hash", "key_hash", "token", "refresh_token"),
    *("client_secret", "credential", "Authorization", "cookie", "code_verifier", "nonce"),
    *("api_key", "apiKey", "key", "code", "private_key", "otp", "text", "audioContent", "source"),
)
_HARMLESS = (
    *("name", "role", "permissions", "key_id", "username", "email", "scope", "networks"),
    *(
        "expires_at",
        "burst",
        "audio_s_per_day",
        "characters_per_day",
        "is_active",
        "replaces_id",
        "status",
    ),
)


@pytest.mark.parametrize("name", _SECRETS)
def test_what_is_called_a_secret_is_left_out_at_any_depth(name: str) -> None:
    inner: dict[str, JsonValue] = {name: "canary"}
    fields: dict[str, JsonValue] = {**inner, "in": inner, "list": [{name: inner}]}
    entry = Entry(Action.USER_UPDATE, "user:1", before=fields, after=fields)
    assert entry.before == entry.after == {"in": {}, "list": [{}]}


@pytest.mark.parametrize("name", _HARMLESS)
def test_what_changed_is_told(name: str) -> None:
    assert Entry(Action.KEY_UPDATE, "key:1", after={name: 1}).after == {name: 1}


@pytest.mark.parametrize(
    "secret",
    ["a4v_" + "x" * 22 + "_" + "y" * 49, "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"],
)
def test_what_looks_like_a_secret_is_left_out_wherever_it_stands(secret: str) -> None:
    fields: dict[str, JsonValue] = {"name": f"my {secret}", "list": [secret]}
    entry = Entry(Action.KEY_CREATE, f"key:{secret}", after=fields)
    said = json.dumps([entry.target, entry.after])
    assert all(secret[at : at + 20] not in said for at in range(len(secret) - 20))


def test_a_target_is_short_and_readable() -> None:
    assert Entry(Action.ACCESS_REFUSE, "a\0b\nc\ud800").target == "a�b�c�"
    assert len(Entry(Action.ACCESS_REFUSE, "x" * 1000).target) == 256


def test_every_action_fits_its_column() -> None:
    assert all(len(action) <= 64 for action in Action)
