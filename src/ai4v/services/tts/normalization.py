"""What was typed becomes what can be read aloud: one form of each letter, no hidden signs.

Sources: Unicode's general categories; NFC as UAX 15 has it.
"""

import re
import unicodedata
from typing import Final

LINE_BREAK: Final = "\n"
_JOINERS: Final = "\u200c\u200d"
"""Format characters that change how letters are read: they stay."""
_LINE_ENDS: Final = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"[^\S\n]+")
_BREAKS: Final = re.compile(r" ?\n[ \n]*")
_MARKUP: Final = re.compile(r"\s*<(\?xml|!doctype|speak)\b", re.IGNORECASE)


class UnreadableTextError(ValueError):
    """A text that is not read aloud; the message says why, without repeating it."""


def clean(text: str) -> str:
    """Return `text` in one form: NFC, single spaces, line breaks that part something.

    Control and format characters are dropped, but for the joiners of Indic and Arabic letters;
    so are characters newer than our tables.

    Raises:
        UnreadableTextError: it holds NUL, private use characters or half a surrogate pair, it is
            SSML, or it is blank.
    """
    if any(_is_meaningless(character) for character in text):
        raise UnreadableTextError(
            "it holds characters that mean nothing to others: NUL, or private use"
        )
    lines = unicodedata.normalize("NFC", _LINE_ENDS.sub(LINE_BREAK, text))
    kept = "".join(character for character in lines if not _is_hidden(character))
    if _MARKUP.match(kept):
        raise UnreadableTextError("SSML is not taken yet: send plain text")
    cleaned = _BREAKS.sub(LINE_BREAK, _SPACES.sub(" ", kept)).strip()
    if not cleaned:
        raise UnreadableTextError("there is no text")
    return cleaned


def _is_meaningless(character: str) -> bool:
    return character == "\0" or unicodedata.category(character) in ("Co", "Cs")


def _is_hidden(character: str) -> bool:
    if character in _JOINERS or character.isspace():
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cn")
