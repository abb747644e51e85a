"""Originals, kept under the files folder by what they contain, so that a citation can open them."""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import uuid4

from foundation.settings import get_settings
from ingest.errors import UnreadableFileError

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{62}(\.[a-z0-9]{1,8})?")
_PIECE = 1 << 20
_STALE_S = 24 * 3600


@dataclass(frozen=True)
class Staged:
    """A copy being looked at: read it, then `keep` or `discard` it."""

    path: Path
    content_hash: str
    bytes: int


def content_hash(path: Path) -> str:
    """BLAKE2b of the file's bytes, 32 bytes in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).hexdigest()


def stage(source: IO[bytes], *, max_bytes: int) -> Staged:
    """Copy a file aside, hashing it on the way, so that what is read is what was hashed.

    Raises UnreadableFileError `too_large`.
    """
    folder = get_settings().files_dir / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / uuid4().hex
    digest, length = hashlib.blake2b(digest_size=32), 0
    try:
        with path.open("wb") as copy:
            while piece := source.read(_PIECE):
                length += len(piece)
                if length > max_bytes:
                    raise UnreadableFileError("too_large", f"over {max_bytes // 2**20} MB")
                digest.update(piece)
                copy.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Staged(path, digest.hexdigest(), length)


def keep(staged: Staged, name: str) -> str:
    """Move a staged copy to its place and return its key; equal contents are kept once."""
    suffix = PurePosixPath(name).suffix.lower()
    suffix = suffix if re.fullmatch(r"\.[a-z0-9]{1,8}", suffix) else ""
    key = f"{staged.content_hash[:2]}/{staged.content_hash[2:]}{suffix}"
    target = get_settings().files_dir / key
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged.path, target)
    return key


def discard(staged: Staged) -> None:
    """Forget a staged copy."""
    staged.path.unlink(missing_ok=True)


def path_of(key: str) -> Path:
    """Where the original with this key lies. Raises ValueError for what is no key."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of a kept file")
    return get_settings().files_dir / key


def forget_stale() -> None:
    """Remove staged copies that a killed process left a day ago."""
    folder = get_settings().files_dir / "incoming"
    for left in folder.iterdir() if folder.is_dir() else ():
        if time.time() - left.stat().st_mtime > _STALE_S:
            left.unlink(missing_ok=True)
