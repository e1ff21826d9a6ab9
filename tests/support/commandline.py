"""Reads command lines as the shell and `ai4v` would, without doing anything."""

import shlex
from collections.abc import Iterator

import click

from ai4v.cli.failure import PROGRAM
from ai4v.cli.main import root


def walk(
    command: click.Command = root, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that help shows, groups too, by its words."""
    if words:
        yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, (*words, name))


def find_calls(line: str) -> Iterator[list[str]]:
    """Yield the words of every call of `ai4v` in a line of shell, in substitutions too."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>;&()")
    lexer.whitespace_split = True
    call: list[str] | None = None
    for word in lexer:
        if call is None:
            call = [] if word == PROGRAM else None
        elif word[0] in "|<>;&()":
            yield call
            call = None
        else:
            call.append(word)
    if call is not None:
        yield call


def parse(words: list[str]) -> None:
    """Return when `ai4v` would take the words.

    Raises:
        click.UsageError: it would not.
    """
    command, rest = find_command(words)
    try:
        with command.make_context(PROGRAM, rest):
            pass
    except click.exceptions.NoArgsIsHelpError:
        return
    except click.exceptions.Exit:  # --help, --version
        return


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that the first words name, and the other words.

    Raises:
        click.UsageError: there is no such command.
    """
    command: click.Command = root
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            raise click.UsageError(f"no command {rest[0]} in {' '.join(words)}")
        command, rest = found, rest[1:]
    return command, rest
