"""The form of an API key: `a4v_<id>_<secret><checksum>`, in letters and digits.

The id is no secret and tells keys apart, the secret has 256 bits, the checksum (CRC-32, as GitHub's
tokens have it) lets a scanner or a typing error be told from a key without asking the database.
"""

import re
import secrets
import string
import zlib
from typing import Final
from uuid import UUID

PREFIX: Final = "a4v_"
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_LENGTH: Final = 22
_SECRET_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_FORM: Final = re.compile(
    rf"{PREFIX}[0-9A-Za-z]{{{_ID_LENGTH}}}_[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}"
)


def mint_key(key_id: UUID) -> str:
    """Return a new key that carries `key_id`."""
    content = f"{show_prefix(key_id)}_{_encode(secrets.randbits(256), _SECRET_LENGTH)}"
    return content + _checksum(content)


def show_prefix(key_id: UUID) -> str:
    """Return the part of a key that may be shown at any time."""
    return PREFIX + _encode(key_id.int, _ID_LENGTH)


def is_well_formed(key: str) -> bool:
    """Tell whether `key` may be one of ours; says nothing about whether it is."""
    content, checksum = key[:-_CHECKSUM_LENGTH], key[-_CHECKSUM_LENGTH:]
    return _FORM.fullmatch(key) is not None and checksum == _checksum(content)


def _checksum(content: str) -> str:
    return _encode(zlib.crc32(content.encode()), _CHECKSUM_LENGTH)


def _encode(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
