"""Whisper's tokens: their bytes, their special ids, and which of them write which script."""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from ai4v.contracts.language import SCRIPTS

SECONDS_PER_STAMP: Final = 0.02
_ARABIC_LEADS: Final = range(0xD8, 0xDC)
_ARABIC_SCRIPTS: Final = frozenset({"Arab", "Aran"})
_SHARED_SIGNS: Final = frozenset("।॥")
_ENDS: Final = frozenset((b".", b"?", b"!"))
_THREE_BYTE_LEAD: Final = 0xE0


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-ins for bytes (openai/gpt-2, encoder.py)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet.update({chr(0x100 + place): byte for place, byte in enumerate(hidden)})
    return alphabet


def _leads(script: str) -> frozenset[bytes]:
    """The first two bytes of the UTF-8 of every letter of an Indic block."""
    return frozenset(
        chr(point).encode()[:2]
        for first, last in SCRIPTS[script].ranges
        if 0x0900 <= first < 0x0D80
        for point in range(first, last + 1)
    )


def _is_letter_of(character: str, scripts: Iterable[str]) -> bool:
    return any(SCRIPTS[script].owns(character) for script in scripts)


def writes_only(token: bytes, scripts: Sequence[str], *, has_whole_leads: bool) -> bool:
    """Tell whether a token can be part of a text of letters of `scripts` without digits.

    Tokens may begin and end inside a character: what is there of it must fit.

    Args:
        token: its bytes.
        scripts: keys of `SCRIPTS`.
        has_whole_leads: whether every first pair of bytes is a token, so that a bare first byte,
            after which any script can follow, is not needed.
    """
    leads = frozenset[bytes]().union(*(_leads(script) for script in scripts))
    is_arabic = not _ARABIC_SCRIPTS.isdisjoint(scripts)
    text = token.decode(errors="ignore")
    for character in text:
        is_ours = _is_letter_of(character, scripts) or character in _SHARED_SIGNS
        is_sign = ord(character) < 0x80 and not character.isalnum()
        if not is_ours and not is_sign:
            return False
        if character.isdigit():
            return False
    if not token:
        return False
    tail = token[-2:] if token[-2:-1] == bytes((_THREE_BYTE_LEAD,)) else token[-1:]
    if tail[0] == _THREE_BYTE_LEAD:
        return tail in leads if len(tail) == 2 else bool(leads) and not has_whole_leads
    if tail[0] >= 0xC0:
        return is_arabic and tail[0] in _ARABIC_LEADS
    return bool(text) or bool(leads) or is_arabic


class Vocabulary:
    """The tokenizer of one model."""

    def __init__(self, model_dir: Path) -> None:
        """Read `tokenizer.json`; OSError or ValueError when it is not there or not Whisper's."""
        path = model_dir / "tokenizer.json"
        if not path.is_file():
            raise FileNotFoundError(f"no tokenizer.json in {model_dir.name}")
        self._tokenizer = Tokenizer.from_file(str(path))
        self.end = self._special("<|endoftext|>")
        self.first_stamp = self._special("<|notimestamps|>") + 1
        alphabet = _byte_alphabet()
        self._bytes = {
            token: bytes(alphabet[character] for character in spelling)
            for spelling, token in self._tokenizer.get_vocab().items()
            if token < self.end
        }

    @cached_property
    def sentence_ends(self) -> frozenset[int]:
        """The tokens that end an English sentence."""
        return frozenset(token for token, content in self._bytes.items() if content in _ENDS)

    def _special(self, spelling: str) -> int:
        token = self._tokenizer.token_to_id(spelling)
        if token is None:
            raise ValueError(f"the tokenizer lacks {spelling}")
        return int(token)

    def prompt(self, language: str, *, is_translation: bool) -> list[int]:
        """Return the tokens that ask for a text with time stamps."""
        task = "<|translate|>" if is_translation else "<|transcribe|>"
        return [self._special(s) for s in ("<|startoftranscript|>", f"<|{language}|>", task)]

    def opening(self, text: str) -> list[int]:
        """Return the tokens that stand before a prompt and say what came before; none for ""."""
        if not text:
            return []
        said = self._tokenizer.encode(f" {text}", add_special_tokens=False).ids
        return [self._special("<|startofprev|>"), *said]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`; special ones and broken characters are left out."""
        content = b"".join(self._bytes.get(token, b"") for token in tokens)
        return content.decode(errors="ignore")

    @lru_cache(maxsize=32)  # noqa: B019 - one vocabulary lives as long as its worker process
    def foreign_to(self, scripts: tuple[str, ...]) -> tuple[int, ...]:
        """Return the tokens that a text in `scripts` without digits cannot contain."""
        known = set(self._bytes.values())
        has_whole_leads = all(_leads(script) <= known for script in scripts)
        return tuple(
            token
            for token, content in self._bytes.items()
            if not writes_only(content, scripts, has_whole_leads=has_whole_leads)
        )
