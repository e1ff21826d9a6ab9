"""What letters say and where their links lead."""

from datetime import UTC, datetime, timedelta

from ai4v.contracts.account import Purpose
from ai4v.contracts.identity import hash_credential
from ai4v.services.auth.proof.letter import Letters
from ai4v.services.auth.proof.onetimetoken import mint_token

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_link_keeps_its_token_from_servers() -> None:
    letters = Letters("https://voice.example.org")
    letter = letters.reset("asha@example.org", "asha", "a4o_secret")
    assert "\nhttps://voice.example.org/reset-password#token=a4o_secret\n" in letter.text
    assert "asha" in letter.text
    assert "a4o_secret" not in repr(letter)


def test_of_a_token_only_the_hash_is_kept() -> None:
    token, kept = mint_token(Purpose.RESET_PASSWORD, _NOW)
    again, _ = mint_token(Purpose.RESET_PASSWORD, _NOW)
    assert kept.token_hash == hash_credential(token)
    assert token not in repr(kept)
    assert kept.token_hash not in repr(kept)
    assert token != again
    assert len(token) >= 43
    assert kept.expires_at == _NOW + timedelta(hours=1)
