"""Which language's voice stands in where no engine speaks a language itself.

The sounds are close enough to be understood, and wrong in places; the answer says so. Konkani,
Nepali and the other languages with voices of their own are not here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.language import LANGUAGES, SCRIPTS, Language
from ai4v.services.tts.letter import to_known_letters
from ai4v.services.tts.script import to_bengali, to_devanagari

_LATIN: Final = SCRIPTS["Latn"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How text of a language in a script is read aloud."""

    language: Language
    """Of the text."""
    script: str
    """Of the text."""
    spoken_as: Language
    """Whose voice reads it."""
    read_script: str
    """What that voice reads: the text's script, or what `convert` makes of it."""
    convert: Callable[[str], str] | None = None

    @property
    def is_approximate(self) -> bool:
        """Whether another language's voice stands in."""
        return self.spoken_as is not self.language

    @property
    def note(self) -> str | None:
        """What to know before relying on it."""
        if not self.is_approximate:
            return None
        return (
            f"Spoken by the voice of another language, {self.spoken_as.name}: as if by a foreigner."
        )

    def prepare(self, text: str) -> str:
        """Return `text` in the script and the letters that the voice reads."""
        readable = self.convert(text) if self.convert else text
        return to_known_letters(readable, self.spoken_as.code)

    def is_speakable(self, text: str) -> bool:
        """Tell whether there is anything in `text`, prepared, that the voice can say.

        Latin letters count: words of English inside others are read as such.
        """
        script = SCRIPTS[self.read_script]
        return any(
            sign.isdigit() or (sign.isalpha() and (script.owns(sign) or _LATIN.owns(sign)))
            for sign in text
        )


def native_reading(language: Language) -> Reading:
    """Return how a voice of the language itself reads it."""
    return Reading(language, language.script, language, language.script)


def _stand_in(
    code: str, script: str, spoken_as: str, convert: Callable[[str], str] | None = None
) -> Reading:
    other = LANGUAGES[spoken_as]
    return Reading(LANGUAGES[code], script, other, other.script, convert)


APPROXIMATIONS: Final = (
    _stand_in("brx", "Deva", "hi"),
    _stand_in("doi", "Deva", "hi"),
    _stand_in("ks", "Aran", "ur"),
    _stand_in("ks", "Deva", "hi"),
    _stand_in("mai", "Deva", "hi"),
    _stand_in("mni", "Mtei", "bn", to_bengali),
    _stand_in("mni", "Beng", "bn"),
    _stand_in("sa", "Deva", "hi"),
    _stand_in("sat", "Olck", "hi", to_devanagari),
    _stand_in("sat", "Deva", "hi"),
    _stand_in("sd", "Deva", "hi"),
)
"""The first of a language is for its default script."""
