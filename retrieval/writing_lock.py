"""One writer at a time for an index that many machines share: who shares the database shares the lock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from zlib import crc32

from filelock import FileLock, Timeout
from sqlalchemy import text

from foundation import db
from foundation.settings import get_settings
from retrieval.errors import IndexBusyError

_LOOK_AGAIN_S: Final = 0.05


@contextmanager
def alone(name: str, timeout_s: float) -> Iterator[None]:
    """Hold the lock `name` among all processes on this database. Raises IndexBusyError after `timeout_s`.

    PostgreSQL keeps it with the connection, SQLite's is a file beside the database; both end with the process.
    """
    if db.engine().dialect.name == "sqlite":
        folder = get_settings().data_dir
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / f"{name}.lock", timeout=timeout_s):
                yield
        except Timeout:
            raise IndexBusyError(name) from None
        return
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        number, until = {"number": crc32(name.encode())}, time.monotonic() + timeout_s
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), number):
            if time.monotonic() >= until:
                raise IndexBusyError(name)
            time.sleep(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), number)
