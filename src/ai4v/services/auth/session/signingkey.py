"""The keys of access tokens: the first signs, all of them check and are published.

The secret may hold several PEM blocks, so that a new key signs at once while tokens of the one
before it live out their quarter of an hour.
"""

import re
from collections.abc import Callable
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from ai4v.contracts.session import JsonWebKey
from ai4v.kit.clock import Clock
from ai4v.kit.log import get_logger

REREAD_S: Final = 60.0
"""A token of an unknown key has the secret read again at most this often: another instance may have
been told of a rotation, and this one not."""
_BLOCK: Final = re.compile(r"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)
_MAX_KEYS: Final = 4
_log: Final = get_logger(__name__)


class SigningKeyError(ValueError):
    """The secret holds no key, or something that is not an Ed25519 key."""


class SigningKeys:
    """Holds the keys, and takes up others while the service runs.

    Args:
        read: returns the secret as it is now.
        clock: spaces the readings that strangers cause.

    Raises:
        SigningKeyError: at the start, with no good key there is no service.
    """

    def __init__(self, read: Callable[[], str], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._keys = _parse(read())
        self._read_s = clock.monotonic_s()

    @property
    def current(self) -> tuple[str, OKPKey]:
        """The key that signs, after its name."""
        return next(iter(self._keys.items()))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The names of all keys; the first signs."""
        return tuple(self._keys)

    def find(self, key_id: str) -> OKPKey | None:
        """Return the key of that name, among ours alone."""
        key = self._keys.get(key_id)
        if key is None and self._clock.monotonic_s() - self._read_s >= REREAD_S:
            self._try_reload()
            key = self._keys.get(key_id)
        return key

    def reload(self) -> None:
        """Take up what the secret holds now.

        Raises:
            SigningKeyError: nothing good; the keys of before stay.
        """
        self._read_s = self._clock.monotonic_s()
        try:
            text = self._read()
        except (OSError, ValueError):
            raise SigningKeyError("the secret cannot be read") from None
        self._keys = _parse(text)

    def publish(self) -> tuple[JsonWebKey, ...]:
        """Return the public halves."""
        return tuple(
            JsonWebKey(kid=key_id, x=str(key.as_dict(private=False)["x"]))
            for key_id, key in self._keys.items()
        )

    def _try_reload(self) -> None:
        try:
            self.reload()
        except SigningKeyError as error:
            _log.error("the signing keys cannot be read again", reason=str(error))


def _parse(text: str) -> dict[str, OKPKey]:
    """Read the blocks in their order; what stands between them is for people."""
    blocks = _BLOCK.findall(text)
    if not 1 <= len(blocks) <= _MAX_KEYS:
        raise SigningKeyError(f"expected 1 to {_MAX_KEYS} private keys in PEM, not {len(blocks)}")
    keys = {}
    for block in blocks:
        try:
            key = OKPKey.import_key(block)
        except (JoseError, ValueError, TypeError):
            raise SigningKeyError("a block that is no private key") from None
        if key.curve_name != "Ed25519":
            raise SigningKeyError("a private key that is not Ed25519")
        keys[key.thumbprint()] = key
    return keys
