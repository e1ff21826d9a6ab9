"""The form of an API key, `a4v_<id>_<secret><checksum>`: told from a typing error without asking.

The checksum is the CRC-32 of what stands before it, as GitHub's tokens have it, in base 62.
"""

import re
import string
import zlib
from typing import Final

PREFIX: Final = "a4v_"
ID_LENGTH: Final = 22
SECRET_LENGTH: Final = 43
CHECKSUM_LENGTH: Final = 6
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_FORM: Final = re.compile(
    rf"{PREFIX}[0-9A-Za-z]{{{ID_LENGTH}}}_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}"
)


def is_well_formed(key: str) -> bool:
    """Tell whether `key` may be one of ours; says nothing about whether it is."""
    content, end = key[:-CHECKSUM_LENGTH], key[-CHECKSUM_LENGTH:]
    return _FORM.fullmatch(key) is not None and end == checksum(content)


def checksum(content: str) -> str:
    """Return the six digits that end a key."""
    return encode(zlib.crc32(content.encode()), CHECKSUM_LENGTH)


def encode(number: int, length: int) -> str:
    """Write a number (>= 0) in base 62; its highest digits are cut when it has more."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
