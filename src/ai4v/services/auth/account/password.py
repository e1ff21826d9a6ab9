"""Passwords: argon2id, off the event loop, with a bound on how many wait.

Parameters: OWASP Password Storage Cheat Sheet, m = 19 MiB, t = 2, p = 1.
"""

import asyncio
import base64
import secrets
import string
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import argon2
from argon2.exceptions import VerifyMismatchError

from ai4v.contracts.auth import PASSWORD_MIN
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.services.auth.account.strength import is_guessable, is_short

_THREADS: Final = 2
_MAX_PENDING: Final = 32
_UNMISTAKABLE: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
_GENERATED_LENGTH: Final = 24

_Result = TypeVar("_Result")


class PasswordOverloadError(ServiceUnavailableError):
    """So many passwords are being checked that one more would wait too long."""


@dataclass(frozen=True, slots=True)
class HashCost:
    """What one hash takes; no setting leads here, so nobody can have less in production."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


SAFE: Final = HashCost()
"""19 MiB and tens of milliseconds of a core."""


class PasswordHasher:
    """Hashes and verifies, two at a time."""

    def __init__(self, cost: HashCost = SAFE, *, max_pending: int = _MAX_PENDING) -> None:
        """Prepare.

        Args:
            cost: of each hash; less is for tests that are about something else.
            max_pending: how many may be under way or waiting; more are refused.
        """
        self._hasher = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._nobody = _make_unmatchable(self._hasher)
        self._max_pending = max_pending
        self._pending = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="password")

    async def hash(self, password: str) -> str:
        """Return argon2id's encoded form.

        Raises:
            PasswordOverloadError: too many are waiting.
        """
        return await self._run(lambda: self._hasher.hash(_normalise(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether `password` is the one; as slow for nobody's, None, as for a wrong one.

        Raises:
            PasswordOverloadError: too many are waiting.
        """
        return await self._run(lambda: self._is_match(password_hash or self._nobody, password))

    async def find_fault(self, password: str, context: Sequence[str]) -> str | None:
        """Say why a new password is not good enough; None: it is.

        Args:
            password: that somebody chose.
            context: their name and address.

        Raises:
            PasswordOverloadError: too many are waiting.
        """
        return await self._run(lambda: _judge(password, context))

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than ours are now."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads; what is under way is finished."""
        self._threads.shutdown(cancel_futures=True)

    def _is_match(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _normalise(password))
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        if self._pending >= self._max_pending:
            raise PasswordOverloadError("too many are signing in at once; try again")
        self._pending += 1
        result = asyncio.get_running_loop().run_in_executor(self._threads, work)
        result.add_done_callback(self._release)
        return await result

    def _release(self, _result: object) -> None:
        self._pending -= 1


def generate_password() -> str:
    """Return a password of 24 letters and digits (about 139 bits), none easily misread."""
    return "".join(secrets.choice(_UNMISTAKABLE) for _ in range(_GENERATED_LENGTH))


def _judge(password: str, context: Sequence[str]) -> str | None:
    if is_short(password):
        return f"must have {PASSWORD_MIN} characters, different ways to write one counted once"
    if is_guessable(password, context):
        return (
            "is too easy to guess: common words and passwords, sequences, repetitions, your name"
            " and ours count little; add words"
        )
    return None


def _normalise(password: str) -> bytes:
    """Make one password of what two keyboards spell differently (NIST SP 800-63B-4: NFKC)."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _make_unmatchable(hasher: argon2.PasswordHasher) -> str:
    """Return a hash with this hasher's parameters, so as costly to verify, that nothing has."""

    def zeros(count: int) -> str:
        return base64.b64encode(bytes(count)).decode().rstrip("=")

    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${zeros(hasher.salt_len)}${zeros(hasher.hash_len)}"
