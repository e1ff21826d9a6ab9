import pytest
from starlette.datastructures import Headers

from ai4v.contracts.error import AuthenticationError
from ai4v.services.gateway.credential import read_credential


def read(*pairs: tuple[str, str]) -> str | None:
    return read_credential(Headers(raw=[(n.encode(), v.encode("latin-1")) for n, v in pairs]))


@pytest.mark.parametrize(
    "value",
    ["key", " key ", "Bearer key", "bearer key", "BEARER   key", "ApiKey key"],
)
def test_taken_as_a_key(value: str) -> None:
    assert read(("authorization", value)) == "key"


def test_the_key_header() -> None:
    assert read(("x-api-key", "key")) == "key"
    assert read(("authorization", "one"), ("x-api-key", "two")) == "one"


def test_none() -> None:
    assert read() is None
    assert read(("authorization", " ")) is None


@pytest.mark.parametrize(
    "value", ["Basic key", "Bearer a b", "Digest a=b", "k\xe9y", "k\ty", "x" * 8_193, "key one"]
)
def test_refused(value: str) -> None:
    with pytest.raises(AuthenticationError):
        read(("authorization", value))


def test_two_keys_are_refused() -> None:
    with pytest.raises(AuthenticationError):
        read(("authorization", "one"), ("authorization", "two"))
