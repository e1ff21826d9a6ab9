"""Is a text in the script it should be in? Pure."""

import re
from typing import Final

from ai4v.contracts.language import SCRIPTS

_SPACE: Final = re.compile(r"\s+")


def is_in_script(text: str, script: str) -> bool:
    """Tell whether every letter of `text` is of `script`; true for a text without letters."""
    owner = SCRIPTS[script]
    return all(owner.owns(character) for character in text if character.isalpha())


def tidy(text: str) -> str:
    """Put single spaces between words and none at the ends."""
    return _SPACE.sub(" ", text).strip()
