"""`ai4v translate`: text in one language to text in another, through the gateway."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from ai4v.cli.client import find_api_key, open_gateway
from ai4v.cli.example import examples
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.intake import read_text
from ai4v.cli.output import json_option, print_json, require_stdout
from ai4v.cli.passage import Piece, batch, cut_texts
from ai4v.cli.settings import Settings
from ai4v.cli.translation import WEAK, Direction, Outcome, is_weak, list_doubts, translate_pieces
from ai4v.contracts.ulca import AUTO_LANGUAGE


@examples(
    'ai4v translate "आज मौसम बहुत अच्छा है।" --from hi --to en',
    "ai4v translate --to en < letter.txt > letter.en.txt",
)
@click.command()
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option(
    "--from",
    "source",
    default=AUTO_LANGUAGE,
    show_default=True,
    help="Code of the text's language (hi, ta ...), or auto.",
)
@click.option("--to", "target", required=True, help="Code of the language wanted.")
@json_option
def translate(texts: tuple[str, ...], source: str, target: str, *, as_json: bool) -> None:
    """Translate each TEXT; without one, or with -, standard input.

    Lines and blank lines are kept. A long text is sent piece by piece, cut at blank lines. A
    paragraph that cannot be translated is left as it is and named, the others are done all the
    same. The key is AI4V_API_KEY, else that of the first start.
    """
    require_stdout()
    settings = Settings.load()
    key = find_api_key(settings)
    pieces, tail = cut_texts([read_text(text) for text in texts or (None,)])
    if not pieces:
        raise CommandError("there is nothing to translate")
    sheet = _Sheet(is_json=as_json)
    try:
        with _progress(len(pieces)) as advance:
            for outcomes in _translate(pieces, Direction(source, target), settings, key):
                sheet.add(outcomes)
                advance(len(outcomes))
    except CommandError as error:
        raise sheet.locate(error, pieces) from None
    finally:
        sheet.close(tail)
    if any(outcome.refusal for outcome in sheet.outcomes):
        raise SystemExit(1)


def _translate(
    pieces: Sequence[Piece], direction: Direction, settings: Settings, key: str
) -> Iterator[tuple[Outcome, ...]]:
    """Yield what becomes of the pieces, call by call."""
    with open_gateway(settings, key) as gateway:
        for some in batch(pieces):
            yield translate_pieces(some, direction, gateway)


class _Sheet:
    """What is translated so far: printed as it comes, or at the end when it is JSON."""

    def __init__(self, *, is_json: bool) -> None:
        self.outcomes: list[Outcome] = []
        self._is_json = is_json
        self._printed = 0
        self._is_weak = False

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Take what became of the next pieces, and tell what is wrong with it."""
        self.outcomes += outcomes
        for outcome in outcomes:
            if outcome.refusal:
                click.echo(f"{PROGRAM}: {outcome.piece.place}: {outcome.refusal}", err=True)
            for doubt in list_doubts(outcome.output) if outcome.output else ():
                click.echo(f"{outcome.piece.place}: {doubt}", err=True)
        if not self._is_weak and any(is_weak(item.output) for item in outcomes if item.output):
            self._is_weak = True
            click.echo(WEAK, err=True)
        if not self._is_json and not all(outcome.refusal for outcome in self.outcomes):
            self._print()

    def close(self, tail: str) -> None:
        """End what is printed: with `tail`, or by printing the JSON."""
        if self._printed:
            click.echo(tail, nl=False)
        elif self._is_json and self.outcomes:
            print_json([_describe(outcome) for outcome in self.outcomes])

    def locate(self, error: CommandError, pieces: Sequence[Piece]) -> CommandError:
        """Say in `error` where the translation stops, unless that is before its beginning."""
        if not self.outcomes:
            return error
        place = pieces[len(self.outcomes)].place
        return CommandError(f"{error.message}\nnothing from {place} on is translated")

    def _print(self) -> None:
        for outcome in self.outcomes[self._printed :]:
            click.echo(outcome.piece.gap + outcome.text, nl=False)
        self._printed = len(self.outcomes)


def _describe(outcome: Outcome) -> dict[str, object]:
    piece, output = outcome.piece, outcome.output
    place = {"text": piece.name} if piece.name else {}
    described = {**place, "line": piece.first_line, "source": piece.text}
    if outcome.refusal:
        return described | {"error": outcome.refusal}
    if output is None:
        return described | {"target": piece.text}
    return described | output.model_dump(mode="json", by_alias=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, unless the translation appears there itself or comes at once."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    is_seen = sys.stdout is not None and sys.stdout.isatty()
    is_shown = console.is_terminal and not is_seen and total > 1
    with Progress(console=console, disable=not is_shown, redirect_stdout=False) as progress:
        bar = progress.add_task("translating", total=total)
        yield lambda count: progress.update(bar, advance=count)
