"""libespeak-ng by ctypes, for worker processes alone.

It is GPL, keeps its state in globals and is not safe for use from two threads.
Source: espeak-ng 1.52, src/include/espeak-ng/speak_lib.h.
"""

import ctypes
from collections.abc import Iterable
from typing import Final

from ai4v.adapters.espeak.text import Clause
from ai4v.adapters.espeak.voice import RATE_HZ

_SYNCHRONOUS: Final = 2
"""AUDIO_OUTPUT_SYNCHRONOUS: the sound comes by callback before espeak_Synth returns."""
_DONT_EXIT: Final = 0x8000
"""espeakINITIALIZE_DONT_EXIT: missing data is an error, not the end of the process."""
_BUFFER_MS: Final = 200
_UTF8: Final = 1
"""espeakCHARS_UTF8, alone: without espeakSSML and espeakPHONEMES nothing in a text is a command."""
_IPA: Final = 2
_RATE: Final = 1
_VOLUME: Final = 2
_WORDS_PER_MINUTE: Final = 175
"""espeak's own speed; it takes 80 to 450."""
_QUIETER: Final = 85
"""Per cent of espeak's own volume, at which the loudest voice comes up to full scale."""
_PAUSES_S: Final = {",": 0.16, ";": 0.23, ":": 0.23, "": 0.1}
_SENTENCE_PAUSE_S: Final = 0.3
"""As espeak-ng makes them between clauses of one call; it makes none at the end of a call."""
_ON_SOUND: Final = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class EspeakLibrary:
    """The library, initialized; one for a process."""

    def __init__(self) -> None:
        """Load it from its wheel.

        Raises:
            OSError: it is not there, has no data, or makes sound at another rate.
        """
        import espeakng_loader

        self._library = library = ctypes.CDLL(espeakng_loader.get_library_path())
        text = ctypes.c_char_p
        library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, text, ctypes.c_int]
        library.espeak_SetVoiceByName.argtypes = [text]
        library.espeak_SetParameter.argtypes = [ctypes.c_int] * 3
        library.espeak_SetSynthCallback.argtypes = [_ON_SOUND]
        library.espeak_Synth.argtypes = [
            text,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        library.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.c_int,
            ctypes.c_int,
        ]
        library.espeak_TextToPhonemes.restype = text
        data = espeakng_loader.get_data_path().encode()
        rate_hz = library.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, data, _DONT_EXIT)
        if rate_hz != RATE_HZ:
            raise OSError(f"espeak-ng answers {rate_hz} where {RATE_HZ} Hz is expected")
        self._sound = bytearray()
        self._limit = 0
        self._on_sound = _ON_SOUND(self._take)
        library.espeak_SetSynthCallback(self._on_sound)

    def speak(
        self, clauses: Iterable[Clause], voice: str, *, speed: float, max_duration_s: float
    ) -> bytearray:
        """Return mono int16 samples at `RATE_HZ`, with a pause between clauses.

        Raises:
            ValueError: they would last longer than `max_duration_s`.
            RuntimeError: espeak-ng refuses.
        """
        self._set_voice(voice)
        self._library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * speed), 0)
        self._library.espeak_SetParameter(_VOLUME, _QUIETER, 0)
        self._sound = sound = bytearray()
        self._limit = round(max_duration_s * RATE_HZ) * 2
        pause_s = 0.0
        for words, stop in clauses:
            sound += bytes(round(pause_s / speed * RATE_HZ) * 2)
            pause_s = _PAUSES_S.get(stop, _SENTENCE_PAUSE_S)
            content = (words + stop).encode()
            status = self._library.espeak_Synth(
                content, len(content) + 1, 0, 0, 0, _UTF8, None, None
            )
            if len(sound) > self._limit:
                raise ValueError(f"the text would last longer than {max_duration_s:g} s")
            if status != 0:
                raise RuntimeError(f"espeak_Synth answers {status}")
        return sound

    def phonemes(self, text: str, voice: str) -> str:
        """Return IPA as espeak-ng writes it; its clauses apart by a space."""
        self._set_voice(voice)
        content = ctypes.create_string_buffer(text.encode())
        place = ctypes.c_void_p(ctypes.addressof(content))
        clauses = []
        while place.value is not None:
            spoken = self._library.espeak_TextToPhonemes(ctypes.byref(place), _UTF8, _IPA)
            clauses.append((spoken or b"").decode(errors="replace"))
        return " ".join(clauses)

    def _set_voice(self, voice: str) -> None:
        status = self._library.espeak_SetVoiceByName(voice.encode())
        if status != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice} ({status})")

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        """Keep a piece of sound; 1 ends the synthesis."""
        if count > 0:
            self._sound += ctypes.string_at(samples, count * 2)
        return int(len(self._sound) > self._limit)
