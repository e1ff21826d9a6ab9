"""Migrating: what is wrong with the database's address is said, its password is not."""

import pytest
from click.testing import CliRunner

from ai4v.cli.failure import CommandError
from ai4v.cli.main import root


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql://ai4v:hush@127.0.0.1/ai4v",
        "sqlite:///hush",
        "postgresql+asyncpg://ai4v:hush@127.0.0.1:port/ai4v",
    ],
)
def test_what_is_no_address_of_a_database_is_told(url: str) -> None:
    result = CliRunner(env={"AI4V_DATABASE_URL": url}).invoke(root, ["migrate"])
    assert isinstance(result.exception, CommandError)
    assert "AI4V_DATABASE_URL is no address such as postgresql+asyncpg://" in str(result.exception)
    assert "hush" not in str(result.exception)
