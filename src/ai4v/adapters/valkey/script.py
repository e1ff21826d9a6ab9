"""Lua scripts, kept in files beside the code that runs them."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the name the server knows it by."""

    text: str
    sha1: str


def load_script(name: str) -> Script:
    """Read `name`.lua."""
    text = files(__package__).joinpath(f"{name}.lua").read_text(encoding="utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
