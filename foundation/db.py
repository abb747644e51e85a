"""Database engine, table base and sessions.

One transaction per request or job: the edge opens a session with `read_session` or `write_session`,
services only use it, and nothing below the edge commits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NewType, TypeVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.types import TypeDecorator
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random,
)

from foundation.logging import get_logger
from foundation.settings import Settings, get_settings

_T = TypeVar("_T")
_log = get_logger(__name__)
ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", ReadSession)  # a writer may read, the type checker refuses the reverse

_NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; stored as UTC on every database (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored; use foundation.clock.now()")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of every ORM table; tables are named `<room>_<noun>` and end in `Table` as classes."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012 - SQLAlchemy's own protocol


_engines: dict[str, Engine] = {}

# SQLite does not wait for its turn when processes that open a new file switch its journal at the same
# moment, nor when one opens it as the last other one closes: busy_timeout does not count there.
_WHILE_LOCKED = Retrying(
    retry=retry_if_exception(lambda error: "locked" in str(error)),
    stop=stop_after_delay(30),
    wait=wait_random(0.01, 0.1),
    reraise=True,
)


def engine(settings: Settings | None = None) -> Engine:
    """The engine of the configured database; one per address and process."""
    settings = settings or get_settings()
    url = settings.sqlalchemy_url()
    if url not in _engines:
        _engines[url] = _create_engine(url, settings)
    return _engines[url]


def dispose_engines() -> None:
    """Close every pooled connection; needed after a fork and at the end of a test."""
    for known in _engines.values():
        known.dispose()
    _engines.clear()


def _create_engine(url: str, settings: Settings) -> Engine:
    if url.startswith("sqlite"):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        made = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=30)


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("busy_timeout=30000", "synchronous=NORMAL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")
    _WHILE_LOCKED(_switch_to_wal, dbapi_connection)


def _switch_to_wal(dbapi_connection: Any) -> None:
    if dbapi_connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        dbapi_connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts by reading and then writes cannot wait for its turn in SQLite; it fails
    # with "database is locked". A writer therefore takes the write lock at its start.
    writes = connection.get_execution_options().get("jieda_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def read_session() -> Iterator[ReadSession]:
    """A session that sees one unchanging state of the database and keeps nothing it is told."""
    made = engine()
    options: dict[str, Any] = (
        {}
        if made.dialect.name == "sqlite"
        else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    with Session(made.execution_options(**options), expire_on_commit=False, autoflush=False) as session:
        yield ReadSession(session)  # closing rolls back, and leaves what was loaded readable


@contextmanager
def write_session() -> Iterator[WriteSession]:
    """One transaction: commits at the end, rolls back on any error, then runs what waited for the commit."""
    with Session(engine().execution_options(jieda_writes=True), expire_on_commit=False) as session:
        try:
            yield WriteSession(ReadSession(session))
            session.commit()
        except BaseException:
            session.rollback()
            raise
    run_after_commit(session)


_BROKEN_UP = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock detected, serialization failure
_TRIES = 4


def _is_broken_up(error: BaseException) -> bool:
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in _BROKEN_UP


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.info("transaction_retried", error=str(getattr(error, "orig", error))[:200])


_WHILE_BROKEN_UP = Retrying(
    retry=retry_if_exception(_is_broken_up),
    stop=stop_after_attempt(_TRIES),
    wait=wait_random(0.01, 0.05),  # to get out of step with the other
    before_sleep=_log_retry,
    reraise=True,
)


def retrying(work: Callable[[], _T]) -> _T:
    """Do repeatable work again when the database gave it up for another writer in its way, a few times at most.

    `work` opens its own transactions and gives the same result when run twice.
    """
    return _WHILE_BROKEN_UP(work)


def give_way() -> None:
    """Let other writers have their turn, between the transactions of long work.

    PostgreSQL queues them. SQLite does not: who waits looks again every tenth of a second, and somebody who
    begins anew at once would always be first.
    """
    if engine().dialect.name == "sqlite":
        time.sleep(_SQLITE_LOOKS_EVERY_S)


_SQLITE_LOOKS_EVERY_S = 0.1
_AFTER_COMMIT = "jieda_after_commit"


def after_commit(session: WriteSession, action: Callable[[], None]) -> None:
    """Run `action` once the transaction is safe; never if it, or the savepoint we are in, is rolled back."""
    savepoint = session.get_nested_transaction()
    session.info.setdefault(_AFTER_COMMIT, []).append((savepoint, action))


def run_after_commit(session: Session) -> None:
    """Run and forget what waits for the commit of `session`; called by whoever committed.

    An action that fails is logged: the transaction is safe, and its caller must not be told otherwise.
    """
    for _savepoint, action in session.info.pop(_AFTER_COMMIT, []):
        try:
            action()
        except Exception:  # noqa: BLE001 - see above; the other actions must not wait for a broken one
            _log.exception("after_commit_failed")


@event.listens_for(Session, "after_soft_rollback")
def _forget_rolled_back(session: Session, transaction: SessionTransaction) -> None:
    waiting = session.info.get(_AFTER_COMMIT, [])
    keep_none = transaction.parent is None
    session.info[_AFTER_COMMIT] = [
        entry for entry in waiting if not keep_none and not _is_inside(entry[0], transaction)
    ]


def _is_inside(savepoint: SessionTransaction | None, rolled_back: SessionTransaction) -> bool:
    while savepoint is not None:
        if savepoint is rolled_back:
            return True
        savepoint = savepoint.parent
    return False


def ping(session: ReadSession) -> None:
    """Raise what the driver raises if the database does not answer."""
    session.execute(text("SELECT 1"))
