"""What a request names: folders walked, files and addresses under the names they keep for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from ingest import files
from ingest.errors import NotAnAddressError, NothingToIngestError
from ingest.text import slug
from ingest.types import IngestRequest

FOLDER, FILE, URL, UPLOAD = "folder", "file", "url", "upload"
UPLOADS = "upload/"  # first part of the uri of an upload
KEPT = "file:"  # prefix of the address of an upload, followed by its key
_RAW = "raw:"  # prefix of the address of a file whose name is no UTF-8, followed by its bytes in percent form
_BYTES_PER_TEXT_PAGE = 3_000
_BYTES_PER_PAGE = {
    ".pdf": 40_000,
    ".docx": 15_000,
    ".pptx": 100_000,
    ".xlsx": 15_000,
    ".epub": 15_000,
    ".odt": 10_000,
    ".zip": 20_000,
    ".png": 10**9,
    ".jpg": 10**9,
    ".jpeg": 10**9,
}
_IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "__pycache__", "node_modules"})


@dataclass(frozen=True)
class Root:
    """One thing a request names. Two requests with equal roots ingest the same things."""

    kind: str
    address: str  # absolute path, URL, or key of an upload
    name: str  # first part of the uris below a folder; the uri itself for the other kinds
    collection: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Found:
    """One file of a request."""

    collection: str
    uri: str
    address: str
    bytes: int | None = None

    @property
    def pages(self) -> int:
        """How many pages it may have, guessed by its size until somebody opens it; 1 where nothing is known."""
        each = _BYTES_PER_PAGE.get(PurePosixPath(self.uri).suffix.lower(), _BYTES_PER_TEXT_PAGE)
        return max(1, (self.bytes or 0) // each)


def roots(request: IngestRequest) -> list[Root]:
    """The roots of a request.

    Raises NothingToIngestError for a path that does not exist, NotAnAddressError for what is no web address.
    """
    named = [_path_root(path, request.collection) for path in request.paths]
    shelf = slug(request.collection or "") or "default"
    named += [_url_root(url, shelf) for url in request.urls]
    named += [
        Root(UPLOAD, upload.file_key, f"{UPLOADS}{_safe_name(upload.name)}", shelf)
        for upload in request.uploads
    ]
    if not named:
        raise NothingToIngestError("")
    return named


def _path_root(path: str, collection: str | None) -> Root:
    absolute = Path(os.path.abspath(path))
    if absolute.is_dir():
        name = _readable(absolute.name) or "root"
        return Root(FOLDER, str(absolute), name, slug(collection or name) or "default")
    if absolute.is_file():
        return Root(FILE, _address(absolute), _readable(absolute.name), slug(collection or "") or "default")
    raise NothingToIngestError(path)


def _url_root(url: str, shelf: str) -> Root:
    # Anything else would later be opened as a path of this machine.
    if not is_url(url):
        raise NotAnAddressError(url)
    return Root(URL, url, url, shelf)


def names_for(root: Root) -> Iterator[str]:
    """Names a folder or file may go by in its collection, the plain one first."""
    yield root.name
    place = _readable(local_path(root.address).parent.name) or "root"
    yield f"{place}-{root.name}"
    for number in count(2):
        yield f"{place}-{number}-{root.name}"


def _safe_name(name: str) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    return "/".join(parts) or "unnamed"


def is_url(name: str) -> bool:
    """Whether a word on the command line is an address and not a path."""
    return name.lower().startswith(("http://", "https://"))


def files_of(root: Root) -> Iterator[Found]:
    """The files of a root in a fixed order.

    Raises NothingToIngestError when a folder is gone: an unplugged disk must not look like an emptied folder.
    """
    if root.kind == FOLDER:
        folder = Path(root.address)
        if not folder.is_dir():
            raise NothingToIngestError(root.address)
        for path in _walk(folder):
            name = _readable(path.relative_to(folder).as_posix())
            yield _found(root.collection, f"{root.name}/{name}", _address(path))
    elif root.kind == UPLOAD:
        yield _found(root.collection, root.name, KEPT + root.address)
    elif root.kind == FILE:
        yield _found(root.collection, root.name, root.address)
    else:
        yield Found(root.collection, root.name, root.address)


def _found(collection: str, uri: str, address: str) -> Found:
    try:
        return Found(collection, uri, address, local_path(address).stat().st_size)
    except OSError:
        return Found(collection, uri, address)  # the reading stage says what is wrong with it


def _readable(name: str) -> str:
    r"""A name as it can be stored and shown: bytes that are no UTF-8 stand as \\xff, so names stay apart."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _address(path: Path) -> str:
    raw = os.fsencode(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _RAW + quote(raw)


def local_path(address: str) -> Path:
    """The path of a file on this machine or of a kept upload."""
    if address.startswith(KEPT):
        return files.path_of(address.removeprefix(KEPT))
    if address.startswith(_RAW):
        return Path(os.fsdecode(unquote_to_bytes(address.removeprefix(_RAW))))
    return Path(address)


def _walk(folder: Path) -> Iterator[Path]:
    for current, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_ignored(name))
        for name in sorted(names):
            path = Path(current, name)
            if not _is_ignored(name) and _is_inside(path, folder):
                yield path


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _IGNORED_NAMES


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether it is a regular file of the folder; a link may point only to a file of the same folder."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            return True
        return stat.S_ISLNK(mode) and path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except OSError:
        return False


def display_name(uri: str) -> str:
    """The name of a URL's last part, for its title and its extension."""
    return unquote(urlsplit(uri).path.rstrip("/").rpartition("/")[2]) if is_url(uri) else uri
