"""Backup of the embedded default: one archive with a consistent copy of the database, the originals and the key.

The index is left out: it is rebuilt from the database. A PostgreSQL database is backed up with its own tools;
the archive then holds the originals and the key.
"""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from foundation.db import dispose_engines, engine
from foundation.errors import ConflictError, InvalidInputError
from foundation.settings import get_settings

_DATABASE, _FILES, _KEY = "jieda.db", "files", "secret_key"


class TargetExistsError(ConflictError):
    """Something is there already that would be overwritten."""

    code = "target_exists"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already; nothing was overwritten")
        self.path = str(path)


class BadArchiveError(InvalidInputError):
    """The file is no backup of Jieda, or holds names that lead elsewhere."""

    code = "bad_archive"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is not a backup: {reason}")
        self.path, self.reason = str(path), reason


def backup(target: Path) -> list[str]:
    """Write the archive while the server may go on; returns what it holds.

    Raises TargetExistsError.
    """
    if target.exists():
        raise TargetExistsError(target)
    settings = get_settings()
    held: list[str] = []
    with tempfile.TemporaryDirectory(dir=target.parent) as folder, tarfile.open(target, "x:gz") as archive:
        if engine().dialect.name == "sqlite":
            copy = Path(folder) / _DATABASE
            _copy_database(settings.data_dir / _DATABASE, copy)
            archive.add(copy, _DATABASE)
            held.append(_DATABASE)
        for name in (_FILES, _KEY):
            path = settings.data_dir / name
            if path.exists():
                archive.add(path, name, filter=_without_unfinished)
                held.append(name)
    return held


def _copy_database(source: Path, copy: Path) -> None:
    # SQLite's own backup waits for writers and copies one state; copying the file would miss the WAL.
    with sqlite3.connect(source) as from_database, sqlite3.connect(copy) as to_database:
        from_database.backup(to_database)
    from_database.close()
    to_database.close()


def _without_unfinished(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    left_out = (f"{_FILES}/incoming/", f"{_FILES}/passwords/")
    return None if entry.name.startswith(left_out) else entry


def restore(archive_path: Path) -> list[str]:
    """Bring a backup into an empty data folder; returns what it held.

    Raises TargetExistsError if the folder holds a database, BadArchiveError.
    """
    data_dir = get_settings().data_dir
    if (data_dir / _DATABASE).exists():
        raise TargetExistsError(data_dir / _DATABASE)
    dispose_engines()
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive_path, "r:gz") as archive:
            names = {name.partition("/")[0] for name in archive.getnames()}
            if not names <= {_DATABASE, _FILES, _KEY} or not names:
                raise BadArchiveError(archive_path, "it holds other things")
            archive.extractall(data_dir, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise BadArchiveError(archive_path, str(error)) from error
    return sorted(names)
