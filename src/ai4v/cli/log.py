"""Log files of the processes: appended to by the process itself, cut by the supervisor."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LARGEST_BYTES = 16 * 1024 * 1024
_KEPT = 3
_QUOTED_LINES = 6
_QUOTED_CHARS = 300


def open_log(path: Path) -> BinaryIO:
    """Open for appending; every write lands at the end, also after the file was cut."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "wb", buffering=0)


def note(path: Path, message: str) -> None:
    """Append a line with the time; where that cannot be, as on a full disk, nothing happens."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with suppress(OSError), open_log(path) as log:
        log.write(f"{stamp} {message}\n".encode())


def rotate(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> None:
    """Move what is in a large log to `<name>.1` and so on, and empty it.

    The process keeps its open file, so the content is copied and the file cut; a line written
    between the two is lost. What the process last said before it died never is. Where there is no
    room for the copy all stays as it is.
    """
    try:
        if path.stat().st_size <= largest_bytes:
            return
    except FileNotFoundError:
        return
    copy = path.with_name(f"{path.name}.copy")
    try:
        copy.touch(mode=0o600)
        shutil.copyfile(path, copy)
    except OSError:
        with suppress(OSError):
            copy.unlink()
        return
    for number in range(_KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    copy.replace(path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def read_tail(path: Path, lines: int) -> list[str]:
    """Return the last lines; none when there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - lines * 1000))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:] if lines else []


def quote_tail(path: Path) -> str:
    """Return the last few lines, of long ones the end, to be shown in a message."""
    lines = read_tail(path, _QUOTED_LINES)
    shown = (
        line if len(line) <= _QUOTED_CHARS else f"... {line[-_QUOTED_CHARS:]}" for line in lines
    )
    return "\n".join(f"  {line}" for line in shown)
