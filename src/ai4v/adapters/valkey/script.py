"""Lua scripts, kept in files beside the code that runs them."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from ai4v.adapters.valkey.command import Argument, pack


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the name the server knows it by."""

    text: str
    sha1: str


def load_script(name: str) -> Script:
    """Read `name`.lua."""
    text = files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class ScriptCall:
    """A script with its arguments, ready to be sent any number of times."""

    __slots__ = ("_arguments", "_script", "packed")

    def __init__(self, script: Script, arguments: tuple[Argument, ...]) -> None:
        """Pack; `arguments`: the number of keys, the keys, the others."""
        self._script = script
        self._arguments = arguments
        self.packed = pack("EVALSHA", script.sha1, *arguments)

    def spell_out(self) -> bytes:
        """Return the same with the text, for a server that does not know the script."""
        return pack("EVAL", self._script.text, *self._arguments)
