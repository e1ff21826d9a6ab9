"""The pattern that docs/identity.md gives to scanners of leaks is that of our keys."""

import re
from pathlib import Path
from uuid import uuid4

from ai4v.kit.keyform import SECRET_LENGTH, is_well_formed
from ai4v.services.auth.key.apikey import mint_key, show_prefix

_PAGE = Path(__file__).parents[5] / "docs" / "identity.md"


def _published() -> re.Pattern[str]:
    (pattern,) = re.findall(r"^a4v_.+$", _PAGE.read_text("utf-8"), re.MULTILINE)
    return re.compile(pattern)


def test_the_published_pattern_finds_every_key_in_a_text() -> None:
    keys = [mint_key(uuid4()) for _ in range(100)]
    lines = (f'{{"authorization": "Bearer {key}"}} curl -H X-API-Key:{key};' for key in keys)
    found = _published().findall("\n".join(lines))
    assert found == [key for key in keys for _ in range(2)]
    assert all(map(is_well_formed, found))


def test_what_may_be_shown_is_no_find() -> None:
    assert _published().search(f"key {show_prefix(uuid4())} was revoked") is None


def test_secrets_have_all_their_bits() -> None:
    secrets = [mint_key(uuid4())[-SECRET_LENGTH - 6 : -6] for _ in range(1_000)]
    assert len(set(secrets)) == len(secrets)
    assert 62**SECRET_LENGTH > 2**256
    for place in range(1, SECRET_LENGTH):  # the first digit of 256 bits is one of a few
        assert len({secret[place] for secret in secrets}) >= 50
