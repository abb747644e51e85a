"""Fixtures every room's tests share: a fresh database, fixed settings, nothing from the environment.

With JIEDA_TEST_DATABASE_URL set to a PostgreSQL server's address the same tests run there, each in a
schema of its own process, emptied between tests.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from foundation import db, events, jobs, live
from foundation.db import Table, WriteSession
from foundation.settings import Settings, use_settings

ROOMS = ("foundation", "kb", "retrieval", "ticketing", "chatbot", "ingest", "portal_api")


def _load_tables() -> None:
    for room in ROOMS:
        if Path(__file__).parent.parent.joinpath(room, "tables.py").exists():
            importlib.import_module(f"{room}.tables")


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table and no row, copied for each test: faster than creating it each time."""
    _load_tables()
    path = tmp_path_factory.mktemp("template") / "jieda.db"
    made = create_engine(f"sqlite:///{path.as_posix()}")
    Table.metadata.create_all(made)
    made.dispose()
    return path


@pytest.fixture(scope="session")
def _postgres_url() -> Iterator[str | None]:
    """The address of a database of this test process on the given server, with every table."""
    server = os.environ.get("JIEDA_TEST_DATABASE_URL")
    if not server:
        yield None
        return
    _load_tables()
    name = f"jieda_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    base, _, _database = server.rpartition("/")
    admin = create_engine(
        Settings(database_url=server).sqlalchemy_url(), isolation_level="AUTOCOMMIT", poolclass=None
    )
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = f"{base}/{name}"
    made = create_engine(Settings(database_url=url).sqlalchemy_url())
    Table.metadata.create_all(made)
    made.dispose()
    yield url
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def settings(
    tmp_path: Path, _empty_sqlite: Path, _postgres_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Settings of one test: its own data folder and database, the fake embedder, nothing from outside."""
    for name in list(os.environ):
        if name.startswith("JIEDA_") and not name.startswith("JIEDA_TEST_"):
            monkeypatch.delenv(name)
    made = Settings(
        _env_file=None,
        data_dir=tmp_path / "var",
        database_url=_postgres_url or "",
        embedder="fake:16",
        log_format="console",
        log_level="WARNING",
    )
    made.data_dir.mkdir()
    if _postgres_url is None:
        shutil.copy(_empty_sqlite, made.data_dir / "jieda.db")
    use_settings(made)
    try:
        yield made
    finally:
        use_settings(made)  # a test may have set its own
        if _postgres_url is not None:
            _empty_postgres()
        db.dispose_engines()
        events.unsubscribe_all()
        jobs.set_waker(None)
        live.use_bus(live.LocalBus())
        use_settings(None)


def _empty_postgres() -> None:
    # Deleting a handful of rows is many times faster than truncating every table.
    with db.engine().begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in Table.metadata.sorted_tables:
            connection.execute(table.delete())


@pytest.fixture
def session(settings: Settings) -> Iterator[WriteSession]:
    """An open write transaction, committed at the end of the test; flush or commit as the test needs."""
    with db.write_session() as made:
        yield made
