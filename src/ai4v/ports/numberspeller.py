"""Port: numbers become words."""

from typing import Protocol


class NumberSpeller(Protocol):
    """Knows how numbers are said; pure computing, quick."""

    @property
    def limits(self) -> dict[str, int]:
        """For each language code it knows, the number below which it is right."""
        ...

    def spell(self, number: int, language: str) -> str:
        """Return the words for `number`, in the script that the language is written in.

        Different numbers of a language have different words.

        Raises:
            ValueError: a language it does not know, a negative number, or one not below the limit.
        """
        ...

    def spell_digits(self, digits: str, language: str) -> str:
        """Return the words for each of `digits` (0 to 9), apart by a space.

        Raises:
            ValueError: a language without words for digits, or something that is no digit.
        """
        ...
