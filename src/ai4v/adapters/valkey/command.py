"""Commands as the server reads them."""

from hiredis import pack_command

Argument = str | bytes | int


def pack(*command: Argument) -> bytes:
    """Write a command's name and arguments in RESP."""
    packed: bytes = pack_command(command)  # type: ignore[arg-type] # declared for one word alone
    return packed
