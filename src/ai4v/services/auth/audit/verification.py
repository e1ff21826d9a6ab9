"""Verifying the whole log: a process of its own does it, so that nobody waits for the arithmetic.

`python -m ai4v.services.auth.audit.verification` reads a `Task` from its standard input and writes
a `Verdict` to its standard output.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, SecretStr, field_serializer

from ai4v.contracts.audit import Verdict
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.chain import Verifier
from ai4v.services.auth.audit.head import HeadFile, Heads, read_heads
from ai4v.services.auth.audit.repository import AuditRepository

_BATCH: Final = 5_000
_LONGEST_S: Final = 600.0
_NICENESS: Final = 10


class VerificationUnavailableError(ServiceUnavailableError):
    """The log could not be read to its end in time, or is being verified for somebody else."""


class Task(BaseModel):
    """What the process is told."""

    model_config = ConfigDict(frozen=True)

    database_url: SecretStr
    public_key: str
    """PEM."""
    head_file: Path | None = None
    heads: tuple[str, ...] | None = None
    """Lines, instead of those of the file."""

    @field_serializer("database_url", when_used="json")
    def _write(self, url: SecretStr) -> str:
        return url.get_secret_value()


async def verify_apart(task: Task) -> Verdict:
    """Verify in a process of its own, which ends with this call, however that ends.

    Raises:
        VerificationUnavailableError: it came to no verdict.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_LONGEST_S):
            written, _ = await process.communicate(task.model_dump_json().encode())
    except TimeoutError:
        raise VerificationUnavailableError("the audit log is too long to verify in time") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise VerificationUnavailableError("the audit log cannot be read; see the service's log")
    return Verdict.model_validate_json(written)


async def verify_log(repository: AuditRepository, heads: Heads) -> Verdict:
    """Follow the log from its first row to its last."""
    verifier = Verifier(heads=heads.hashes)
    broken = None
    async for rows in repository.stream(batch=_BATCH):
        broken = verifier.check(rows)
        if broken is not None:
            break
    broken = broken or verifier.finish()
    return Verdict(
        rows=verifier.end.sequence,
        heads=heads.count,
        unreadable_heads=heads.unreadable,
        forged_heads=heads.forged,
        bad_sequence=broken.sequence if broken else None,
        fault=broken.fault if broken else None,
    )


async def _run(task: Task) -> Verdict:
    lines = task.heads
    if lines is None:
        lines = tuple(HeadFile(task.head_file).read_lines()) if task.head_file else ()
    heads = read_heads(lines, task.public_key)
    database = Database(task.database_url.get_secret_value(), pool_size=1)
    try:
        return await verify_log(AuditRepository(database), heads)
    finally:
        await database.close()


def main() -> None:
    """Verify what standard input names."""
    os.nice(_NICENESS)
    task = Task.model_validate_json(sys.stdin.buffer.read())
    verdict = asyncio.run(_run(task))
    sys.stdout.write(verdict.model_dump_json())


if __name__ == "__main__":
    main()
