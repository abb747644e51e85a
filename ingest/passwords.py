"""Passwords that somebody gave with a job: kept in a private file while the job runs, and nowhere else.

Every worker of the job must find them, so they lie under the files folder, which workers share; only the name of
the file is written down with the job. It is gone when the job has ended, and backups leave it out.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from foundation.settings import get_settings

LONGEST = 200  # characters of one password
MOST = 20  # passwords of one job; each is tried on each locked file
_NAME = re.compile(r"[0-9a-f]{32}")
_STALE_S = 7 * 24 * 3600  # of a job that was paused and forgotten


def keep(passwords: Sequence[str]) -> str:
    """Keep passwords and return the name under which `kept` finds them."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = uuid4().hex
    with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(list(passwords), file)
    return name


def kept(name: str | None) -> tuple[str, ...]:
    """The passwords kept under a name; none for no name, and none once they are forgotten."""
    if name is None or not _NAME.fullmatch(name):
        return ()
    try:
        return tuple(json.loads((_folder() / name).read_text("utf-8")))
    except (OSError, ValueError):
        return ()


def forget(name: str | None) -> None:
    """Remove the passwords kept under a name."""
    if name is not None and _NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def forget_stale() -> None:
    """Remove those whose job was never ended."""
    folder = _folder()
    for left in folder.iterdir() if folder.is_dir() else ():
        if time.time() - left.stat().st_mtime > _STALE_S:
            left.unlink(missing_ok=True)


def _folder() -> Path:
    return get_settings().files_dir / "passwords"
