"""Words before which a speaker may take breath, so that a listener hears the beginning early.

Only where the voice, at such a cut, does not fall as at the end of a sentence: Kokoro's English
voices stay up before prepositions too, its Hindi voices fall, which suits a new clause alone.
"""

import re
from typing import Final

_WORDS: Final = {
    "en": (
        "and but or because that which who when where while if so although unless until"
        " from with for at in on by after before into through during without about"
    ),
    "hi": "और लेकिन मगर परंतु किंतु कि क्योंकि ताकि इसलिए या तथा एवं जो जिसे जिसने जब जहाँ",
}
_JOINTS: Final = {
    language: re.compile(rf"\s(?=(?:{'|'.join(words.split())})\s)")
    for language, words in _WORDS.items()
}


def find_joints(language: str) -> re.Pattern[str] | None:
    """Return what finds the spaces before such words; None for a language without any."""
    return _JOINTS.get(language)
