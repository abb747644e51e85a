"""One file to articles: finds the format, calls its parser. Runs inside a parser process."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ingest import articles
from ingest.errors import UnreadableFileError
from ingest.types import ParsedFile, ParseRequest, Prepared

MARKDOWN, RST, HTML, PDF, DOCX, XLSX, CSV, PLAIN = "md", "rst", "html", "pdf", "docx", "xlsx", "csv", "txt"
PNG, JPEG, TIFF, WEBP, BMP, GIF = "png", "jpeg", "tiff", "webp", "bmp", "gif"

_EXTENSIONS = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdx": MARKDOWN,
    ".rst": RST,
    ".rest": RST,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".csv": CSV,
    ".tsv": CSV,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".webp": WEBP,
    ".bmp": BMP,
    ".gif": GIF,
}
MEDIA_TYPES = {
    MARKDOWN: "text/markdown",
    RST: "text/x-rst",
    HTML: "text/html",
    PDF: "application/pdf",
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    CSV: "text/csv",
    PLAIN: "text/plain",
    **{name: f"image/{name}" for name in (PNG, JPEG, TIFF, WEBP, BMP, GIF)},
}
UNKNOWN = "application/octet-stream"
_FROM_MEDIA_TYPE = {media_type: name for name, media_type in MEDIA_TYPES.items()} | {
    "application/xhtml+xml": HTML
}
_NAMES_OF_TEXTS = frozenset(
    {"readme", "license", "licence", "changelog", "notice", "faq", "install", "authors"}
)


def media_type_of(uri: str, said: str = "") -> str:
    """The media type by the name of the file, else by what a server said, else unknown."""
    known = _EXTENSIONS.get(PurePosixPath(uri).suffix.lower()) if "://" not in uri else None
    known = known or _FROM_MEDIA_TYPE.get(said.partition(";")[0].strip().lower())
    known = known or (_EXTENSIONS.get(PurePosixPath(uri).suffix.lower()))
    return MEDIA_TYPES[known] if known else UNKNOWN


def read(request: ParseRequest) -> Prepared:
    """The articles of one file. Raises UnreadableFileError with the code to show."""
    path = Path(request.path)
    length = path.stat().st_size
    if length == 0:
        raise UnreadableFileError("empty_file")
    if length > request.limits.max_bytes:
        raise UnreadableFileError("too_large", f"{length // 2**20} MB")
    parsed = _PARSERS[_format(path, request)](path, request)
    return Prepared(articles=articles.build(request, parsed), pages=parsed.pages)


def _format(path: Path, request: ParseRequest) -> str:
    known = _FROM_MEDIA_TYPE.get(request.media_type)
    with path.open("rb") as file:
        start = file.read(1024)
    if known is None:
        known = _sniffed(path, request.uri, start)
    if known in {DOCX, XLSX} and start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFileError("unsupported_format", "an old or encrypted Office file")
    return known


def _sniffed(path: Path, uri: str, start: bytes) -> str:
    if start.startswith(b"%PDF"):
        return PDF
    if start.startswith(b"PK\x03\x04"):
        return _office_format(path)
    name = PurePosixPath(uri)
    if not name.suffix or name.name.lower().partition(".")[0] in _NAMES_OF_TEXTS:
        head = start.lstrip().lower()
        if head.startswith((b"<!doctype html", b"<html")):
            return HTML
        if b"\0" not in start:
            return PLAIN
    raise UnreadableFileError("unsupported_format", name.suffix or "unknown")


def refuse_unknown(path: Path, uri: str) -> None:
    """Refuse at once what no parser would take, for a file whose name says nothing.

    Raises UnreadableFileError `empty_file`, `unsupported_format`.
    """
    with path.open("rb") as file:
        start = file.read(1024)
    if not start:
        raise UnreadableFileError("empty_file")
    if not start.startswith(b"PK\x03\x04"):  # archives are looked into by a parser process
        _sniffed(path, uri, start)


def _office_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        members = set()
    if "word/document.xml" in members:
        return DOCX
    if "xl/workbook.xml" in members:
        return XLSX
    raise UnreadableFileError("unsupported_format", "zip")


def _text(path: Path) -> str:
    from ingest.parsers.plain import decode

    text = decode(path.read_bytes()).lstrip("\ufeff")
    if not text.strip():
        raise UnreadableFileError("empty_file")
    return text


def _markdown(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import markdown

    return markdown.parse(_text(path))


def _rst(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import rst

    return rst.parse(_text(path))


def _html(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import html

    return html.parse(html.decode(path.read_bytes()))


def _pdf(path: Path, request: ParseRequest) -> ParsedFile:
    from ingest.parsers import pdf

    return pdf.parse(
        path,
        max_pages=request.limits.max_pages,
        password=request.password,
        reads_pictures=request.reads_pictures,
    )


def _docx(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import docx

    return docx.parse(path)


def _xlsx(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import faq_tables

    return faq_tables.parse_xlsx(path)


def _csv(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import faq_tables

    return faq_tables.parse_csv(path.read_bytes())


def _plain(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import plain

    return plain.parse(_text(path))


def _picture(path: Path, request: ParseRequest) -> ParsedFile:
    if not request.reads_pictures:
        raise UnreadableFileError("pictures_only")
    from ingest.parsers import pictures

    return pictures.parse(path, max_pages=request.limits.max_pages)


_PARSERS: dict[str, Callable[[Path, ParseRequest], ParsedFile]] = {
    MARKDOWN: _markdown,
    RST: _rst,
    HTML: _html,
    PDF: _pdf,
    DOCX: _docx,
    XLSX: _xlsx,
    CSV: _csv,
    PLAIN: _plain,
    **dict.fromkeys((PNG, JPEG, TIFF, WEBP, BMP, GIF), _picture),
}
