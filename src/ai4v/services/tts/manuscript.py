"""Texts as they came become what engines are given, or are refused by their place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.capability import Tier
from ai4v.contracts.error import FieldError, PayloadTooLargeError, ValidationError
from ai4v.kit.body import WRONG
from ai4v.ports.numberspeller import NumberSpeller
from ai4v.services.tts.joint import find_joints
from ai4v.services.tts.normalization import UnreadableTextError, clean
from ai4v.services.tts.number import NumberReader
from ai4v.services.tts.plan import Plan
from ai4v.services.tts.sentence import Piece, cut_text

_LONGEST_PIECE: Final = 200
"""Characters: a long sentence; engines need more memory and time for longer ones."""


@dataclass(frozen=True, slots=True)
class Manuscript:
    """One item, ready to be spoken."""

    path: str
    """Where in the request it came, for errors: `input.1.source`."""
    characters: int
    """As it came."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Editor:
    """Makes manuscripts.

    Args:
        speller: knows the words for numbers.
        max_characters: of one text as it came.
        max_spoken_characters: of all texts of a call, with numbers in words.
    """

    speller: NumberSpeller
    max_characters: int
    max_spoken_characters: int

    def edit(
        self, texts: Sequence[str], plan: Plan, *, is_awaited: bool = False
    ) -> tuple[Manuscript, ...]:
        """Return one manuscript for each text; takes milliseconds for long ones.

        Args:
            texts: as they came.
            plan: how they will be spoken.
            is_awaited: whether somebody listens meanwhile, so that sound is to come early.

        Raises:
            PayloadTooLargeError: a text, or all together, is longer than the limit.
            ValidationError: a text cannot be read aloud; `errors` names each such text.
        """
        self._check_lengths(texts)
        joints = _joints(plan) if is_awaited else None
        problems = []
        manuscripts = []
        for index, text in enumerate(texts):
            path = f"input.{index}.source"
            try:
                manuscripts.append(Manuscript(path, len(text), self._prepare(text, plan, joints)))
            except UnreadableTextError as error:
                problems.append(FieldError(path=path, message=str(error)))
        if problems:
            raise ValidationError(WRONG, errors=problems)
        self._check_total(manuscripts)
        return tuple(manuscripts)

    def _prepare(self, text: str, plan: Plan, joints: re.Pattern[str] | None) -> tuple[Piece, ...]:
        reading = plan.choice.reading
        cleaned = clean(text)
        spelled = NumberReader(self.speller, reading.language.code).read(cleaned)
        readable = reading.prepare(spelled)
        if not reading.is_speakable(readable):
            scripts = " and ".join(dict.fromkeys((reading.script, "Latn")))
            raise UnreadableTextError(
                f"there is nothing in it that the voice can say: it reads {scripts}"
            )
        limit = min(plan.info.max_characters, _LONGEST_PIECE)
        pieces = cut_text(readable, max_characters=limit, joints=joints)
        return tuple(piece for piece in pieces if any(map(str.isalnum, piece.text)))

    def _check_lengths(self, texts: Sequence[str]) -> None:
        problems = [
            FieldError(
                path=f"input.{index}.source",
                message=f"a text may have {self.max_characters} characters at most",
            )
            for index, text in enumerate(texts)
            if len(text) > self.max_characters
        ]
        if problems:
            raise PayloadTooLargeError(problems[0].message, errors=problems)

    def _check_total(self, manuscripts: Sequence[Manuscript]) -> None:
        total = sum(len(piece.text) for item in manuscripts for piece in item.pieces)
        if total > self.max_spoken_characters:
            message = (
                f"one call takes at most {self.max_spoken_characters} characters in all, numbers"
                " counted in words: send the texts in several calls"
            )
            raise PayloadTooLargeError(message, errors=[FieldError(path="input", message=message)])


def _joints(plan: Plan) -> re.Pattern[str] | None:
    """Return where a slow voice may be cut; the others are done before anybody waits."""
    is_slow = plan.choice.speaker.capability.tier is Tier.NEURAL
    return find_joints(plan.choice.reading.spoken_as.code) if is_slow else None
