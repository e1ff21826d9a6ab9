"""Has pieces of text translated, and says what to think of the outcome."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.cli.client import Gateway
from ai4v.cli.exchange import RefusalError
from ai4v.cli.passage import Piece
from ai4v.contracts.capability import Tier
from ai4v.contracts.nmt import NmtAnswer, NmtOutput

_PATH: Final = "/api/v1/nmt/inference"
WEAK: Final = "demo tier: the model is weak in this direction: do not rely on it"
_ITEM: Final = re.compile(r"input\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a piece: an output, or why there is none."""

    piece: Piece
    output: NmtOutput | None = None
    refusal: str | None = None
    """Neither this nor an output: there is nothing to translate, so it was not sent."""

    @property
    def text(self) -> str:
        """What to print in its place."""
        return self.output.target if self.output else self.piece.text


@dataclass(frozen=True, slots=True)
class Direction:
    """From which language into which, by code."""

    source: str
    """May be `auto`."""
    target: str


def translate_pieces(
    pieces: Sequence[Piece], direction: Direction, gateway: Gateway
) -> tuple[Outcome, ...]:
    """Translate pieces that fit into one call; those that are refused by name hold up no other.

    Raises:
        CommandError: nothing can be translated, or not now; the message is the service's.
    """
    outcomes = {piece: Outcome(piece) for piece in pieces if not piece.has_letters}
    while waiting := [piece for piece in pieces if piece not in outcomes]:
        try:
            outputs = _send(waiting, direction, gateway)
        except RefusalError as error:
            refused = _find_refused(waiting, error)
            if not refused:
                raise
            outcomes |= refused
        else:
            pairs = zip(waiting, outputs, strict=True)
            outcomes |= {piece: Outcome(piece, output) for piece, output in pairs}
    return tuple(outcomes[piece] for piece in pieces)


def _send(pieces: Sequence[Piece], direction: Direction, gateway: Gateway) -> tuple[NmtOutput, ...]:
    language = {"sourceLanguage": direction.source, "targetLanguage": direction.target}
    texts = [{"source": piece.text} for piece in pieces]
    body = {"input": texts, "config": {"language": language}}
    return gateway.work(_PATH, body, NmtAnswer).output


def _find_refused(pieces: Sequence[Piece], error: RefusalError) -> dict[Piece, Outcome]:
    """Return the pieces that a refusal names."""
    refused = {}
    for place in error.places:
        found = _ITEM.match(place.path)
        if found and int(found[1]) < len(pieces):
            piece = pieces[int(found[1])]
            refused[piece] = Outcome(piece, refusal=place.message)
    return refused


def list_doubts(output: NmtOutput) -> Iterator[str]:
    """Say what is wrong with a translation."""
    if not output.is_whole:
        yield "some of it is missing: do not rely on it"
    if not output.is_script_right:
        yield "some of it is in a wrong script: do not rely on it"


def is_weak(output: NmtOutput) -> bool:
    """Tell whether the direction is one that is not to be relied on."""
    return output.tier is Tier.DEMO
