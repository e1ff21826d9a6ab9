"""PostgreSQL: one pool a service, short transactions, and failures told as 503."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import Executable, MetaData, Row, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from ai4v.contracts.error import ServiceUnavailableError

CONNECT_TIMEOUT_S: Final = 1.3
COMMAND_TIMEOUT_S: Final = 2.5
POOL_TIMEOUT_S: Final = 1.3
CLOSE_TIMEOUT_S: Final = 0.2
_PASSING: Final = ("08", "40", "53", "55P03", "57")
"""Beginnings of SQLSTATEs: away, deadlock, full, locked, cancelled or stopping; try again."""


class DatabaseUnavailableError(ServiceUnavailableError):
    """PostgreSQL cannot be reached; whether a transaction under way was kept is not known."""


def schema_metadata(schema: str) -> MetaData:
    """Return the metadata for a service's tables, with names that migrations can rely on."""
    return MetaData(
        schema=schema,
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Does not wait for a server that hangs: SQLAlchemy would give it 2 s to say goodbye."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ARG002 - asyncpg's signature
        await super().close(timeout=CLOSE_TIMEOUT_S)


class Database:
    """A pool of connections to one database.

    The pool keeps what it opens: connections beyond it would be opened and closed all the time.
    """

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args={
                "connection_class": _Connection,
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": COMMAND_TIMEOUT_S,
                "server_settings": {
                    "application_name": "ai4v",
                    "idle_in_transaction_session_timeout": "15000",
                    "lock_timeout": "2000",
                },
            },
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def execute(
        self, statement: Executable, values: Mapping[str, object] | None = None
    ) -> Sequence[Row[Any]]:
        """Run one statement as a transaction of its own, in one round trip; return its rows.

        What it changed is saved once this has returned.

        Raises:
            DatabaseUnavailableError: PostgreSQL cannot be reached, or broke off.
        """
        with _telling_outages():
            async with self._single.connect() as connection:
                result = await connection.execute(statement, values)
                return result.all() if result.returns_rows else ()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction: committed when the block ends, undone when it raises.

        What the block was told is saved is saved once this has returned.

        Raises:
            DatabaseUnavailableError: PostgreSQL cannot be reached, or broke off.
        """
        with _telling_outages():
            async with self._sessions.begin() as session:
                yield session

    async def ping(self) -> None:
        """Return when the database answers."""
        await self.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


@contextmanager
def _telling_outages() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, OSError, TimeoutError) as error:
        raise DatabaseUnavailableError("the database cannot be reached") from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        if not (error.connection_invalidated or state.startswith(_PASSING)):
            raise
        raise DatabaseUnavailableError("the database broke off") from error
