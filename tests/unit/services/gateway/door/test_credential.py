import pytest

from ai4v.contracts.error import AuthenticationError
from ai4v.services.gateway.door.credential import read_credential, read_stream_credential
from ai4v.services.gateway.passage.header import RequestHead


def read(*pairs: tuple[str, str]) -> str | None:
    return read_credential(make_head(*pairs))


def make_head(*pairs: tuple[str, str]) -> RequestHead:
    return RequestHead([(name.encode(), value.encode("latin-1")) for name, value in pairs])


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


def test_a_stream_may_offer_its_key() -> None:
    head = make_head()
    assert read_stream_credential(head, ["ai4v", "ai4v.key.abc"], b"") == "abc"
    assert read_stream_credential(head, ["ai4v"], b"api_key=abc&x=1") == "abc"
    assert read_stream_credential(make_head(("x-api-key", "abc")), [], b"") == "abc"
    assert read_stream_credential(head, ["ai4v"], b"") is None


def test_two_different_keys_of_a_stream_are_refused() -> None:
    head = make_head(("x-api-key", "abc"))
    assert read_stream_credential(head, ["ai4v.key.abc"], b"") == "abc"
    with pytest.raises(AuthenticationError):
        read_stream_credential(head, ["ai4v.key.other"], b"")


def test_a_malformed_key_of_a_stream_is_refused() -> None:
    with pytest.raises(AuthenticationError):
        read_stream_credential(make_head(), [], b"api_key=a%20b")
