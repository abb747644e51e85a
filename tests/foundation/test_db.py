from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from foundation.db import after_commit, dispose_engines, engine, read_session, retrying, write_session
from foundation.settings import Settings
from foundation.tables import JobTable


def a_job(name: str = "kb.jobs.nothing") -> JobTable:
    return JobTable(name=name, arguments={}, run_at=datetime(2026, 1, 1, tzinfo=UTC))


def names() -> list[str]:
    with read_session() as session:
        return list(session.scalars(select(JobTable.name).order_by(JobTable.name)))


def test_a_write_session_keeps_nothing_when_it_ends_in_an_error(settings: Settings) -> None:
    with pytest.raises(ValueError, match="no"), write_session() as session:
        session.add(a_job())
        session.flush()
        raise ValueError("no")
    assert names() == []


def test_what_waits_for_the_commit_runs_after_it_and_can_see_it(settings: Settings) -> None:
    seen: list[list[str]] = []
    with write_session() as session:
        session.add(a_job("kb.jobs.one"))
        after_commit(session, lambda: seen.append(names()))
        session.flush()
        assert seen == []
    assert seen == [["kb.jobs.one"]]


def test_what_waits_for_the_commit_is_forgotten_with_a_rollback(settings: Settings) -> None:
    ran: list[str] = []
    with pytest.raises(ValueError, match="no"), write_session() as session:
        after_commit(session, lambda: ran.append("never"))
        raise ValueError("no")
    assert ran == []


def test_a_rolled_back_savepoint_drops_only_what_was_added_inside_it(settings: Settings) -> None:
    ran: list[str] = []
    with write_session() as session:
        after_commit(session, lambda: ran.append("outer"))
        with pytest.raises(ValueError, match="inner"), session.begin_nested():
            after_commit(session, lambda: ran.append("inner"))
            with session.begin_nested():
                after_commit(session, lambda: ran.append("innermost"))
            raise ValueError("inner")
        with session.begin_nested():
            after_commit(session, lambda: ran.append("kept"))
    assert ran == ["outer", "kept"]


def test_a_reader_sees_one_state_while_others_write(settings: Settings) -> None:
    with write_session() as session:
        session.add(a_job("kb.jobs.one"))
    with read_session() as reader:
        before = len(reader.scalars(select(JobTable)).all())
        with write_session() as writer:
            writer.add(a_job("kb.jobs.two"))
        assert len(reader.scalars(select(JobTable)).all()) == before == 1
    assert len(names()) == 2


def test_writers_that_meet_wait_for_each_other_and_none_fails(settings: Settings) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for step in range(10):
                with write_session() as session:
                    session.scalars(select(JobTable)).all()
                    session.add(a_job(f"kb.jobs.n{number}_{step}"))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(names()) == 40


def test_times_come_back_aware_in_utc_and_naive_ones_are_refused(settings: Settings) -> None:
    at = datetime(2026, 5, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    with write_session() as session:
        session.add(JobTable(name="kb.jobs.x", arguments={}, run_at=at))
    with read_session() as session:
        found = session.scalars(select(JobTable)).one().run_at
    assert found == at
    assert found.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="naive"), write_session() as session:
        session.add(JobTable(name="kb.jobs.x", arguments={}, run_at=datetime(2026, 5, 1)))  # noqa: DTZ001


def test_an_action_that_fails_after_the_commit_stops_neither_the_others_nor_the_caller(
    settings: Settings,
) -> None:
    ran: list[str] = []

    def broken() -> None:
        raise ValueError("broken")

    with write_session() as session:
        session.add(a_job("kb.jobs.kept"))
        after_commit(session, broken)
        after_commit(session, lambda: ran.append("other"))
    assert ran == ["other"]
    assert names() == ["kb.jobs.kept"]


def test_work_that_lost_a_deadlock_is_done_again(settings: Settings) -> None:
    with write_session() as session:
        session.add_all([a_job("kb.jobs.a"), a_job("kb.jobs.b")])
    if engine().dialect.name == "sqlite":
        pytest.skip("writers of SQLite exclude each other")
    together, tries = threading.Barrier(2), []

    def touch(first: str, second: str) -> None:
        tries.append(first)
        with write_session() as session:
            for step, name in enumerate((first, second)):
                session.execute(update(JobTable).where(JobTable.name == name).values(error=first))
                if step == 0 and len(tries) <= 2:
                    together.wait(5)

    threads = [
        threading.Thread(target=retrying, args=(lambda pair=pair: touch(*pair),))
        for pair in (("kb.jobs.a", "kb.jobs.b"), ("kb.jobs.b", "kb.jobs.a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3
    with read_session() as session:
        assert len(set(session.scalars(select(JobTable.error)))) == 1


def test_an_error_that_trying_again_cannot_mend_is_raised_at_once() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise OperationalError("SELECT", {}, Exception("gone"))

    with pytest.raises(OperationalError):
        retrying(work)
    assert len(tries) == 1


def test_connections_that_open_a_new_file_at_the_same_moment_all_get_in(tmp_path: Path) -> None:
    """Two servers that start together switch the journal of the same new file; SQLite lets neither wait."""
    together = threading.Barrier(6)

    def connect(folder: Path) -> str:
        together.wait(30)
        with engine(Settings(_env_file=None, data_dir=folder)).connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())

    with ThreadPoolExecutor(6) as pool:
        for round_ in range(60):
            assert set(pool.map(connect, [tmp_path / str(round_)] * 6)) == {"wal"}
            dispose_engines()
