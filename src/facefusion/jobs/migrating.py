"""Brings a database to the tables of this version, by Alembic. Servers that start together wait for one another."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from facefusion.jobs.database import Database

_LOCK = 0x0FACE1


def migrate(database: Database) -> None:
    """Run the migrations that are missing."""
    with database.engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            if database.is_postgres:
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config_of(connection), "head")


def config_of(connection: Connection) -> Config:
    """Alembic's configuration, for one connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
