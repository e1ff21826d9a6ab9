"""The file of the keys that sign access tokens: a new one goes in front, the one before stays.

Each block has a line before it that says when it was made; PEM leaves such lines to people
(RFC 7468, section 2), and so does the auth service.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ai4v.cli.failure import CommandError
from ai4v.cli.layout import write_private
from ai4v.cli.secret import make_private_key

FILE: Final = "ai4v_auth_jwt_private_key"
OVERLAP: Final = timedelta(minutes=15)
"""How long a token lives, and so how long the key before must still check."""
_BLOCK: Final = re.compile(
    r"(?:made (?P<at>\S+)\s+)?(?P<pem>-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----)",
    re.DOTALL,
)


@contextmanager
def rotated(path: Path, now: datetime, *, is_leaked: bool) -> Iterator[None]:
    """Put a new key in front of the file, and back what was there when the context fails.

    Whoever could not have the new key taken up can so do all of it again.

    Raises:
        CommandError: as `rotate`.
    """
    before = path.read_text() if path.is_file() else ""
    rotate(path, now, is_leaked=is_leaked)
    try:
        yield
    except BaseException:  # Ctrl-C is one
        write_private(path, before)
        raise


def rotate(path: Path, now: datetime, *, is_leaked: bool) -> None:
    """Put a new key in front of the file.

    Args:
        path: of the file.
        now: aware.
        is_leaked: the others are dropped at once, and whoever is signed in renews or signs in.

    Raises:
        CommandError: there is no file, or the last rotation was too short ago: tokens of a key that
            would be dropped may still be good.
    """
    if not path.is_file():
        raise CommandError(f"there is no signing key at {path}; rotate it where it comes from")
    blocks = [
        (_read_time(found["at"]), found["pem"]) for found in _BLOCK.finditer(path.read_text())
    ]
    kept = [] if is_leaked else blocks[:1]
    made_at = blocks[0][0] if blocks else None
    is_early = made_at is not None and now - made_at < OVERLAP
    if is_early and len(blocks) > 1 and not is_leaked:
        raise CommandError("the last rotation was less than 15 minutes ago; for a leak: --leaked")
    text = _write(now, make_private_key()) + "".join(_write(at, pem) for at, pem in kept)
    write_private(path, text)


def _read_time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _write(at: datetime | None, pem: str) -> str:
    made = f"made {at.astimezone(UTC).isoformat(timespec='seconds')}\n" if at else ""
    return f"{made}{pem.strip()}\n"
