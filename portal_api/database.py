"""The database's schema: bring it up to date, say where it stands."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from foundation.db import engine
from foundation.errors import UnavailableError
from foundation.settings import get_settings

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NUMBER = 0x6A69_6564  # "jied": one migration at a time on a PostgreSQL server


class SchemaOutdatedError(UnavailableError):
    """The database has an older schema than this version of Jieda needs."""

    code = "schema_outdated"

    def __init__(self, found: str | None, wanted: str | None) -> None:
        super().__init__(
            f"the database is at {found or 'nothing'}, this version needs {wanted}: run `jieda db upgrade`"
        )
        self.found = found
        self.wanted = wanted


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for our migrations, on a connection the caller opened."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def wanted_revision() -> str | None:
    """The newest revision this version of Jieda knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def current_revision() -> str | None:
    """The revision the database is at; None for an empty one."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade() -> str | None:
    """Bring the schema up to date, one process at a time; returns the revision reached."""
    made = engine().execution_options(jieda_writes=True)
    with _alone(), made.connect() as connection, _without_cascades(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        command.upgrade(alembic_config(connection), "head")
    return current_revision()


@contextmanager
def _without_cascades(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew and dropping the old one, which would delete every row that
    refers to it. Foreign keys can be switched off only while no transaction is open.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _alone() -> Iterator[None]:
    folder = get_settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Make sure that the schema fits: an empty or embedded database is brought up to date at once.

    Raises SchemaOutdatedError for a server's database that holds an older schema: that upgrade is the
    operator's decision, with `jieda db upgrade`.
    """
    found, wanted = current_revision(), wanted_revision()
    if found == wanted:
        return
    if found is None or engine().dialect.name == "sqlite":
        upgrade()
    else:
        raise SchemaOutdatedError(found, wanted)
