"""Office files are zip archives: looked at before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.errors import UnreadableFileError

MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200  # honest office XML packs 5 to 40 times; repeated bytes pack 1,000 times
MAX_MEMBERS = 20_000
_RATIO_FROM = 20 * 1024 * 1024  # small members may pack as well as they like


def check_archive(path: Path, *, broken: str) -> None:
    """Refuse what is no archive (code `broken`) or unpacks to far too much (`zip_bomb`)."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFileError(broken, "no valid archive") from error
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED:
        raise UnreadableFileError("zip_bomb", f"{len(members)} parts, {unpacked // 2**20} MB")
    if unpacked > _RATIO_FROM and unpacked > MAX_RATIO * max(packed, 1):
        raise UnreadableFileError("zip_bomb", f"packed {unpacked // max(packed, 1)} times")
