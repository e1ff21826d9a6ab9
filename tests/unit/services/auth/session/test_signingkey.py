"""Signing keys: the first signs, all check, and others are taken up while the service runs."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

from ai4v.services.auth.session.signingkey import REREAD_S, SigningKeyError, SigningKeys
from tests.support.clock import ManualClock
from tests.support.key import private_pem


class _Secret:
    """A secret that changes."""

    def __init__(self, *keys: Ed25519PrivateKey) -> None:
        self.text = "".join(f"made lately\n{private_pem(key)}" for key in keys)
        self.readings = 0

    def read(self) -> str:
        self.readings += 1
        return self.text


def _thumbprint(key: Ed25519PrivateKey) -> str:
    return OKPKey.import_key(private_pem(key)).thumbprint()


@pytest.fixture
def pair() -> tuple[Ed25519PrivateKey, Ed25519PrivateKey]:
    return Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def test_the_first_signs_and_all_are_published(
    pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> None:
    keys = SigningKeys(_Secret(*pair).read, ManualClock())
    names = tuple(map(_thumbprint, pair))
    assert keys.key_ids == names
    assert keys.current[0] == names[0]
    assert tuple(key.kid for key in keys.publish()) == names
    assert "d" not in keys.publish()[0].model_dump()


def test_another_secret_is_taken_up_when_told(
    pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> None:
    old, new = pair
    secret = _Secret(old)
    keys = SigningKeys(secret.read, ManualClock())
    secret.text = _Secret(new, old).text
    keys.reload()
    assert keys.key_ids == (_thumbprint(new), _thumbprint(old))


def test_an_unknown_name_has_the_secret_read_again_once_a_minute(
    pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> None:
    old, new = pair
    secret, clock = _Secret(old), ManualClock()
    keys = SigningKeys(secret.read, clock)
    secret.text = _Secret(new, old).text
    clock.advance(REREAD_S)
    for _ in range(100):
        assert keys.find("nobody") is None
    assert secret.readings == 2
    assert keys.find(_thumbprint(new)) is not None
    assert secret.readings == 2


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\n"])
def test_a_bad_secret_changes_nothing(
    text: str, pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey]
) -> None:
    secret, clock = _Secret(pair[0]), ManualClock()
    keys = SigningKeys(secret.read, clock)
    secret.text = text
    with pytest.raises(SigningKeyError):
        keys.reload()
    clock.advance(REREAD_S)
    assert keys.find("nobody") is None
    assert keys.key_ids == (_thumbprint(pair[0]),)


def test_a_secret_that_cannot_be_read_changes_nothing(
    pair: tuple[Ed25519PrivateKey, Ed25519PrivateKey],
) -> None:
    secret = _Secret(pair[0])
    is_gone = False

    def read() -> str:
        if is_gone:
            raise PermissionError("gone")
        return secret.read()

    keys = SigningKeys(read, ManualClock())
    is_gone = True
    with pytest.raises(SigningKeyError, match="cannot be read"):
        keys.reload()
    assert len(keys.key_ids) == 1


def test_a_key_of_another_kind_is_refused() -> None:
    rsa = generate_private_key(65537, 2048)
    pem = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(SigningKeyError):
        SigningKeys(lambda: pem, ManualClock())
