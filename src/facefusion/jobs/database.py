"""The database: SQLite (WAL) in a file, or PostgreSQL; the same tables and the same rules on both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from facefusion.errors import UsageError
from facefusion.jobs.records import Records

__all__ = ["Connection", "Database", "Unreachable", "sqlite_url"]

_BUSY_SECONDS = 30
_POOL = {"pool_size": 12, "max_overflow": 108, "pool_timeout": 20, "pool_recycle": 600}
Unreachable = OperationalError
"""What is raised while the database cannot be reached; asking again later is right."""


class Database:
    """One database, from one process. Contexts are transactions: they end with a commit, or with nothing changed."""

    def __init__(self, url: str) -> None:
        """url: `sqlite:///file` or `postgresql://user@host/name`. Raises UsageError for another kind."""
        self.url = _checked(url)
        self.is_postgres = self.url.startswith("postgresql")
        options: dict[str, Any] = {"connect_args": {"timeout": _BUSY_SECONDS}}
        if self.is_postgres:
            options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
        self.engine: Engine = create_engine(self.url, **_POOL, **options)
        if not self.is_postgres:
            _use_wal(self.engine)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._turn: AbstractContextManager[Any] = nullcontext() if self.is_postgres else threading.RLock()
        """SQLite lets one write at a time and has others sleep; within a process they queue, which is quicker."""

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """A transaction that changes nothing."""
        with self._sessions() as session:
            yield Records(session, is_postgres=self.is_postgres)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """The same for plain queries: rows cost a quarter of what objects do."""
        with self.engine.connect() as connection:
            if self.is_postgres:  # neither begin nor end have to be told to the server
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """A transaction that changes something; on SQLite the only one at its time."""
        with self._turn, self._sessions() as session:
            session.connection(execution_options={"writes": True})
            with _committed(session):
                yield Records(session, is_postgres=self.is_postgres)

    def is_there(self) -> bool:
        """Whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1"))
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def sqlite_url(path: Path) -> str:
    """The address of a database file."""
    return f"sqlite:///{path}"


def _checked(url: str) -> str:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    name = parsed.get_backend_name() if parsed is not None else ""
    if parsed is None or name not in ("sqlite", "postgresql"):
        kind = url.partition(":")[0]
        raise UsageError(f"database: got {kind!r}, supported are sqlite:///file and postgresql://user@host/name")
    if name == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def _use_wal(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_SECONDS * 1000}"):
            connection.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
