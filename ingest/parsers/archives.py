"""Archives: office files, which are zip archives, are looked at before anything is unpacked; others hold files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.errors import UnreadableFileError

MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200  # honest office XML packs 5 to 40 times; repeated bytes pack 1,000 times
MAX_MEMBERS = 20_000
MAX_FILES = 2000  # of an archive that is sent as such
_RATIO_FROM = 20 * 1024 * 1024  # small members may pack as well as they like
_IGNORED = ("__macosx", "thumbs.db", "desktop.ini")
_UTF8 = 0x800  # flag of a member whose name is UTF-8
_LOCKED = 0x1


@dataclass(frozen=True)
class Enclosed:
    """A file inside a file: an attachment of a mail, a member of an archive."""

    name: str  # a relative path without dots
    content: bytes


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


def members(path: Path, *, max_bytes: int, passwords: Sequence[str] = ()) -> tuple[int, Iterator[Enclosed]]:
    """How many files an archive holds, and one after the other, each in memory only while it is looked at.

    Raises UnreadableFileError `broken_zip`, `zip_bomb`, `too_large`, `encrypted_zip`, `wrong_password`.
    """
    check_archive(path, broken="broken_zip")
    with zipfile.ZipFile(path) as archive:
        found = sorted(
            (info for info in archive.infolist() if not info.is_dir() and not _is_ignored(_name(info))),
            key=_name,
        )
    if len(found) > MAX_FILES:
        raise UnreadableFileError("too_large", f"{len(found)} files")
    locked = next((info for info in found if info.flag_bits & _LOCKED), None)
    password = _password(path, locked, passwords) if locked else None
    return len(found), _contents(path, found, max_bytes, password)


def _password(path: Path, locked: zipfile.ZipInfo, passwords: Sequence[str]) -> str:
    """The first password that opens a locked member."""
    for password in passwords:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(locked, pwd=password.encode()) as file:
                file.read()
        except (RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError):
            continue
        return password
    raise UnreadableFileError("wrong_password" if passwords else "encrypted_zip")


def _contents(
    path: Path, found: list[zipfile.ZipInfo], max_bytes: int, password: str | None
) -> Iterator[Enclosed]:
    room = MAX_UNPACKED
    with zipfile.ZipFile(path) as archive:
        for info in found:
            content = _content(archive, info, min(room, max_bytes), password)
            room -= len(content)
            yield Enclosed(_name(info), content)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, password: str | None) -> bytes:
    try:
        with archive.open(info, pwd=password.encode() if password else None) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise UnreadableFileError("broken_zip", _name(info)[:80]) from error
    except RuntimeError as error:  # how the library says that a password is wrong
        raise UnreadableFileError("wrong_password") from error
    if len(content) > most:
        raise UnreadableFileError("zip_bomb", _name(info)[:80])
    return content


def _is_ignored(name: str) -> bool:
    parts = PurePosixPath(name.lower()).parts
    return any(part in _IGNORED or part.startswith((".", "~$")) for part in parts)


def _name(info: zipfile.ZipInfo) -> str:
    return safe_name(_decoded(info))


def _decoded(info: zipfile.ZipInfo) -> str:
    """A member's name; Chinese programs write GBK where the format says code page 437."""
    if info.flag_bits & _UTF8:
        return info.filename
    raw = info.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def safe_name(name: str) -> str:
    """A relative path that leads nowhere else, whatever the sender called it."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ") and part != ".."]
    return "/".join(part.replace("\0", "")[:120] for part in parts[-12:]) or "unnamed"
