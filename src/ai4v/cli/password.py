"""Passwords that people type, or that programs hand over on standard input."""

import sys

import click

from ai4v.cli.failure import CommandError


def ask_password(prompt: str, *, is_new: bool = False) -> str:
    """Return a password: typed unseen, a new one twice; else the next line of standard input.

    Raises:
        CommandError: standard input has no line.
    """
    if sys.stdin.isatty():
        typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=is_new, err=True)
        return typed
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError(f"no terminal to ask at, and no line on standard input: {prompt}")
    return password
