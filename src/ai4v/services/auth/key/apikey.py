"""Making API keys; their form is in `kit/keyform.py`, where the gateway reads it too.

The id is no secret and tells keys apart, the secret has 256 bits.
"""

import secrets
from uuid import UUID

from ai4v.kit.keyform import ID_LENGTH, PREFIX, SECRET_LENGTH, checksum, encode


def mint_key(key_id: UUID) -> str:
    """Return a new key that carries `key_id`."""
    content = f"{show_prefix(key_id)}_{encode(secrets.randbits(256), SECRET_LENGTH)}"
    return content + checksum(content)


def show_prefix(key_id: UUID) -> str:
    """Return the part of a key that may be shown at any time."""
    return PREFIX + encode(key_id.int, ID_LENGTH)
