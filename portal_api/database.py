"""The database's schema: bring it up to date, say where it stands."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from foundation.db import engine
from foundation.errors import UnavailableError
from foundation.settings import get_settings

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r'^(down_)?revision = "(\w+)"', re.MULTILINE)
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
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def wanted_revision() -> str | None:
    """The newest revision this version of Jieda knows: the one that no other follows.

    Every command asks. To import Alembic for it would cost more than most of them do, so only an upgrade does.
    """
    scripts = [path.read_text("utf-8") for path in (_MIGRATIONS / "versions").glob("*.py")]
    named = [match.groups() for script in scripts for match in _REVISION.finditer(script)]
    followed = {revision for is_down, revision in named if is_down}
    newest = {revision for is_down, revision in named if not is_down} - followed
    if len(newest) > 1:
        raise RuntimeError(f"migrations end in {sorted(newest)}; they must be one chain")
    return next(iter(newest), None)


def current_revision() -> str | None:
    """The revision the database is at; None for an empty one."""
    with engine().connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def upgrade() -> str | None:
    """Bring the schema up to date, one process at a time; returns the revision reached."""
    from alembic import command

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
