from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from foundation import db
from foundation.db import engine, write_session
from foundation.settings import Settings, use_settings
from kb import service as kb
from portal_api import database
from portal_api.migrations.metadata import INDEXES_OF_EXPRESSIONS, is_compared, metadata
from tests.kb.test_publishing import article, publish


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings that point to a database without a single table."""
    url = ""
    if request.param == "postgresql":
        server = os.environ.get("JIEDA_TEST_DATABASE_URL", "postgresql://root@127.0.0.1/postgres")
        url = f"{server.rpartition('/')[0]}/jieda_migrate_{os.getpid()}"
        _recreate(server, url.rpartition("/")[2])
    settings = Settings(_env_file=None, data_dir=tmp_path / "var", database_url=url)
    use_settings(settings)
    yield settings
    db.dispose_engines()
    use_settings(None)
    if url:
        _recreate(server, url.rpartition("/")[2], create=False)


def _recreate(server: str, name: str, *, create: bool = True) -> None:
    admin = create_engine(Settings(database_url=server).sqlalchemy_url(), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            if create:
                connection.execute(text(f"CREATE DATABASE {name}"))
    except Exception as error:
        if os.environ.get("JIEDA_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"no PostgreSQL at {server}: {error}")
    finally:
        admin.dispose()


def test_the_migrations_make_exactly_the_tables_the_code_wants(empty_database: Settings) -> None:
    assert database.current_revision() is None
    database.upgrade()
    assert database.current_revision() == database.wanted_revision()
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_compared})
        difference = compare_metadata(context, metadata())
        if connection.dialect.name == "postgresql":
            there = set(connection.execute(text("SELECT indexname FROM pg_indexes")).scalars())
            assert there >= INDEXES_OF_EXPRESSIONS
    assert difference == []


def test_the_newest_revision_is_the_one_alembic_finds() -> None:
    found = ScriptDirectory.from_config(database.alembic_config()).get_current_head()
    assert database.wanted_revision() == found is not None


def test_upgrading_twice_changes_nothing(empty_database: Settings) -> None:
    database.prepare()
    database.prepare()
    assert database.upgrade() == database.wanted_revision()


def test_chunk_ids_are_never_reused_on_sqlite(tmp_path: Path) -> None:
    use_settings(Settings(_env_file=None, data_dir=tmp_path / "var"))
    try:
        database.upgrade()
        with engine().connect() as connection:
            assert "sqlite_sequence" in inspect(connection).get_table_names() or connection.scalar(
                text("SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = 'kb_chunk'")
            )
    finally:
        db.dispose_engines()
        use_settings(None)


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_an_older_schema_on_a_server_is_left_to_the_operator(
    empty_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.upgrade()
    monkeypatch.setattr(database, "wanted_revision", lambda: "newer")
    with pytest.raises(database.SchemaOutdatedError) as caught:
        database.prepare()
    assert caught.value.code == "schema_outdated"


def test_processes_that_start_together_upgrade_one_after_the_other(tmp_path: Path) -> None:
    code = (
        "from foundation.settings import Settings, use_settings; from portal_api import database;"
        f"use_settings(Settings(_env_file=None, data_dir={str(tmp_path / 'var')!r})); database.prepare();"
        "print(database.current_revision())"
    )
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    printed = {process.communicate(timeout=120)[0].decode().strip() for process in started}
    assert printed == {database.wanted_revision()}


def test_a_migration_that_makes_a_table_anew_keeps_what_refers_to_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_session() as session:
        kb.ensure_collection(session, "docs")
        publish(session, article("a", "one"))

    def rebuild(config: Config, _revision: str) -> None:
        operations = Operations(MigrationContext.configure(config.attributes["connection"]))
        with operations.batch_alter_table("kb_article", recreate="always"):
            pass

    if engine().dialect.name == "sqlite":
        monkeypatch.setattr(command, "upgrade", rebuild)
        database.upgrade()
    with write_session() as session:
        assert session.scalar(text("SELECT count(*) FROM kb_chunk")) == 1
        if engine().dialect.name == "sqlite":
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
