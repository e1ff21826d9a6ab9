"""What a connection says before it connects."""

import pytest

from ai4v.adapters.valkey.connection import SCHEMES, ValkeyConnection


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_it_takes_every_scheme_and_connects_to_nothing_yet(scheme: str) -> None:
    async with ValkeyConnection(f"{scheme}://:secret@127.0.0.1:6381/0") as connection:
        assert not connection.is_down


@pytest.mark.parametrize("url", ["memory://", "postgresql://u:secret@h/d", "secret", ""])
def test_another_scheme_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="valkey://") as refusal:
        ValkeyConnection(url)
    assert "secret" not in str(refusal.value)
