"""Numbers in text become words, so that every engine says them alike.

A number is read as one where the speller is right about it, else digit by digit, else it is left
to the engine in ASCII digits, which every engine reads. Long rows of digits, those that begin with
zero, and phone numbers are read digit by digit. Dates and times are read as their numbers.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ai4v.ports.numberspeller import NumberSpeller
from ai4v.services.tts.numberword import NO_WORDS, NUMBER_WORDS, SCALES, NumberWords
from ai4v.services.tts.sentence import ADDRESS

_LONGEST_ROW: Final = 7
"""Digits without grouping that are still one number; more is a phone number or the like."""
_DIGIT: Final = re.compile(r"\d")
_PHONE: Final = (
    r"\+\d[\d -]{7,16}\d(?!\d)"
    r"|(?<![\d,.])(?:\d{5}[ -]\d{5}|\d{3,4}[ -]\d{3}[ -]\d{4})(?![\d,])"
)
_COMPOUND: Final = (
    r"(?<![\d.,])(?:\d{1,4}(?P<mark>[/.-])\d{1,2}(?P=mark)\d{1,4}(?![\d/])"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?![\d:]))"
)
"""A date, or a time of the day."""
_RUPEES: Final = r"(?:₹|(?<!\w)(?:Rs|INR|रु|રૂ|ರೂ|രൂ|ରୁ|ਰੁ|ரூ|రూ)\.?)(?=\s?[-−]?\d)"
_AMOUNT: Final = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)(?:\.\d+)?"
_WORD_END: Final = r"(?![\w\u0900-\u0963\u0966-\u0dff])"
"""Marks are no part of what Python's regular expressions call a word."""
_NUMBER: Final = re.compile(
    rf"(?P<phone>{_PHONE})|(?P<compound>{_COMPOUND})"
    rf"|(?P<currency>{_RUPEES}\s?)?"
    r"(?P<sign>(?<![\w)\]])[-−](?=\d))?"
    rf"(?P<amount>{_AMOUNT})"
    rf"(?P<scale>\s(?:{SCALES}){_WORD_END})?"
    r"(?P<after>/-|\s?%|(?(currency)(?!)|\s?(?:₹|Rs\.?(?![\w.]))(?!\s?\d)))?"
)
_SEPARATORS: Final = {ord("٫"): ".", ord("٬"): ","}
_ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads the numbers of one language."""

    speller: NumberSpeller
    language: str

    def read(self, text: str) -> str:
        """Return `text` with words for its numbers, as far as there are words for them."""
        plain = _DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)
        plain = plain.translate(_SEPARATORS) if "٫" in plain or "٬" in plain else plain
        parts = []
        first = 0
        for address in ADDRESS.finditer(plain):
            parts += [self._read_plain(plain[first : address.start()]), address[0]]
            first = address.end()
        return "".join([*parts, self._read_plain(plain[first:])])

    def _read_plain(self, text: str) -> str:
        return _NUMBER.sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        """Keep words from running into what stands before and after the number.

        An ending of the language's own script stays with its number. English leaves numbers that
        letters are glued to (`1st`, `4G`) to the engine, and so does every language its `$5`.
        """
        before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        is_glued = _is_latin(before) or _is_latin(after)
        is_engines = _is(before, "Sc") or (self.language == _ENGLISH and is_glued)
        said = None if is_engines else self._say(match)
        if said is None:
            return match[0]
        left = " " if before.isalnum() or _is(before, "M") else ""
        is_ending = match[0][-1].isdigit() and not (_is_latin(after) or after.isdigit())
        right = " " if after.isalnum() and not is_ending else ""
        return f"{left}{said}{right}"

    def _say(self, match: re.Match[str]) -> str | None:
        if match["phone"]:
            return self._say_phone(match)
        return self._say_compound(match) if match["compound"] else self._say_amount(match)

    def _say_phone(self, match: re.Match[str]) -> str:
        groups = re.findall(r"\d+", match[0])
        return ", ".join(self._say_digits(group) for group in groups)

    def _say_compound(self, match: re.Match[str]) -> str:
        groups = re.findall(r"\d+", match[0])
        if ":" in match[0] and not int(groups[-1]):
            groups.pop()
        return " ".join(self._say_whole(str(int(group))) for group in groups)

    def _say_amount(self, match: re.Match[str]) -> str | None:
        words = NUMBER_WORDS.get(self.language, NO_WORDS)
        said = self._say_number(match["amount"], words)
        if said is None:
            return None
        after = (match["after"] or "").strip()
        is_money = bool(match["currency"]) or after in ("₹", "Rs", "Rs.", "/-")
        sign = words.minus or match["sign"] if match["sign"] else ""
        scale = (match["scale"] or "").strip()
        unit = words.percent or "%" if after == "%" else ""
        if is_money:
            sign, unit = (sign, words.rupees) if words.rupees else (f"₹ {sign}".strip(), "")
        return " ".join(part for part in (sign, said, scale, unit) if part)

    def _say_number(self, amount: str, words: NumberWords) -> str | None:
        whole, _, fraction = amount.partition(".")
        said = self._say_whole(whole)
        if not fraction:
            return said
        return f"{said} {words.point} {self._say_digits(fraction)}" if words.point else None

    def _say_whole(self, amount: str) -> str:
        digits = amount.replace(",", "")
        is_row = len(digits) > _LONGEST_ROW and digits == amount
        if is_row or (len(digits) > 1 and digits[0] == "0"):
            return self._say_digits(digits)
        if int(digits) < self.speller.limits.get(self.language, 0):
            return self.speller.spell(int(digits), self.language)
        said = self._say_digits(digits)
        return said if not said[0].isdigit() else digits

    def _say_digits(self, digits: str) -> str:
        try:
            return self.speller.spell_digits(digits, self.language)
        except ValueError:
            return " ".join(digits)


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


def _is(sign: str, category: str) -> bool:
    return bool(sign) and unicodedata.category(sign).startswith(category)
