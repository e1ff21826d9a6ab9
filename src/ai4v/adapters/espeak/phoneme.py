"""The phonemizing engine as a worker process runs it."""

import re
from typing import Final

import msgspec

from ai4v.adapters.espeak.library import EspeakLibrary
from ai4v.adapters.espeak.text import STOPS, Clause, cut, join
from ai4v.kit.worker.engine import Factory, Handler, Reply

METHOD: Final = "phonemize"
_SWITCH: Final = re.compile(r"\([^()\s]*\)")
"""espeak-ng's mark where it goes over to another language's rules and back: `(en)` ... `(hi)`."""
_NO_PHONEMES: Final = str.maketrans("", "", STOPS + "()_")


class Settings(msgspec.Struct, frozen=True):
    """The engine has none."""


class PhonemizeRequest(msgspec.Struct, frozen=True):
    """Texts, each UTF-8."""

    texts: list[bytes]
    voice: str
    """As espeak-ng names it."""


class PhonemizeReply(msgspec.Struct, frozen=True):
    """The phonemes of each text."""

    phonemes: list[str]


def tidy(phonemes: str) -> str:
    """Drop the marks that are no phonemes; words come apart by one space."""
    return " ".join(_SWITCH.sub("", phonemes).translate(_NO_PHONEMES).split())


def _build(_settings: Settings) -> list[Handler[PhonemizeRequest]]:
    library = EspeakLibrary()

    def phonemize(request: PhonemizeRequest, _payload: memoryview) -> Reply:
        voice = request.voice
        phonemes = [
            join(
                Clause(words and tidy(library.phonemes(words, voice)), stop)
                for words, stop in cut(text.decode())
            )
            for text in request.texts
        ]
        return PhonemizeReply(phonemes), b""

    return [Handler(METHOD, PhonemizeRequest, phonemize)]


PHONEMIZER: Final = Factory(Settings, _build)
