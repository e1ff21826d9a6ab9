"""Texts as they come: brought into one form, or refused by their place."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.error import FieldError, PayloadTooLargeError, ValidationError

_ALLOWED_CONTROLS: Final = "\n\t\r"
_REFUSED: Final = {
    "Cc": "a control character",
    "Co": "a private-use character",
    "Cs": "half of a surrogate pair",
}
_INVISIBLE: Final = frozenset({"Cf", "Zl", "Zp", "Zs"})
_WRONG: Final = "a text cannot be taken; see errors"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How much is taken, in characters (code points)."""

    item: int
    call: int
    """All texts of one call together."""


def path_of(index: int) -> str:
    """Return where in a request the text number `index` (from 0) is."""
    return f"input.{index}.source"


def take_texts(texts: Sequence[str], limits: TextLimits) -> tuple[str, ...]:
    """Return the texts in normal form C.

    Raises:
        PayloadTooLargeError: one, or all together, have too many characters.
        ValidationError: one is blank or holds what is no text; every such one is named.
    """
    _check_length(texts, limits)
    problems = [
        FieldError(path=path_of(index), message=message)
        for index, text in enumerate(texts)
        for message in _complaints(text)
    ]
    if problems:
        raise ValidationError(_WRONG, errors=problems)
    return tuple(unicodedata.normalize("NFC", text) for text in texts)


def _check_length(texts: Sequence[str], limits: TextLimits) -> None:
    advice = "split it, and send the parts in a call each"
    message = f"a text may have {limits.item} characters: {advice}"
    problems = [
        FieldError(path=path_of(index), message=message)
        for index, text in enumerate(texts)
        if len(text) > limits.item
    ]
    if problems:
        raise PayloadTooLargeError(message, errors=problems)
    if sum(map(len, texts)) > limits.call:
        message = f"the texts of one call may have {limits.call} characters in all: {advice}"
        raise PayloadTooLargeError(message, errors=[FieldError(path="input", message=message)])


def _complaints(text: str) -> Iterator[str]:
    categories = {unicodedata.category(each) for each in set(text).difference(_ALLOWED_CONTROLS)}
    if categories <= _INVISIBLE:
        yield "empty: there is nothing to be read"
    for category in sorted(categories & _REFUSED.keys()):
        yield f"it holds {_REFUSED[category]}"
