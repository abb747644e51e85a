"""What kind of file it is: by what its bytes begin with, else by its name, else by what a server said of it."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from ingest.errors import UnreadableFileError

MARKDOWN, RST, HTML, CSV, PLAIN = "md", "rst", "html", "csv", "txt"
PDF, DOCX, XLSX, PPTX, ODF, EPUB = "pdf", "docx", "xlsx", "pptx", "odt", "epub"
EML, MSG, ZIP = "eml", "msg", "zip"
PNG, JPEG, TIFF, WEBP, BMP, GIF = "png", "jpeg", "tiff", "webp", "bmp", "gif"
PICTURES = (PNG, JPEG, TIFF, WEBP, BMP, GIF)

_EXTENSIONS = {
    MARKDOWN: ".md .markdown .mdx",
    RST: ".rst .rest",
    HTML: ".html .htm .xhtml",
    CSV: ".csv .tsv",
    PLAIN: ".txt .text",
    PDF: ".pdf",
    DOCX: ".docx .docm .dotx",
    XLSX: ".xlsx .xlsm .xltx",
    PPTX: ".pptx .pptm .ppsx .potx",
    ODF: ".odt .ods .odp",
    EPUB: ".epub",
    EML: ".eml",
    MSG: ".msg",
    ZIP: ".zip",
    PNG: ".png",
    JPEG: ".jpg .jpeg",
    TIFF: ".tif .tiff",
    WEBP: ".webp",
    BMP: ".bmp",
    GIF: ".gif",
}
_BY_EXTENSION = {suffix: name for name, suffixes in _EXTENSIONS.items() for suffix in suffixes.split()}
_OFFICE_XML = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    MARKDOWN: "text/markdown",
    RST: "text/x-rst",
    HTML: "text/html",
    CSV: "text/csv",
    PLAIN: "text/plain",
    PDF: "application/pdf",
    DOCX: f"{_OFFICE_XML}wordprocessingml.document",
    XLSX: f"{_OFFICE_XML}spreadsheetml.sheet",
    PPTX: f"{_OFFICE_XML}presentationml.presentation",
    ODF: "application/vnd.oasis.opendocument.text",
    EPUB: "application/epub+zip",
    EML: "message/rfc822",
    MSG: "application/vnd.ms-outlook",
    ZIP: "application/zip",
    **{name: f"image/{name}" for name in PICTURES},
}
UNKNOWN = "application/octet-stream"
_BY_MEDIA_TYPE = {media_type: name for name, media_type in MEDIA_TYPES.items()} | {
    "application/xhtml+xml": HTML,
    "application/x-zip-compressed": ZIP,
    "image/x-ms-bmp": BMP,
}
_BEGINNINGS = (
    (b"\x89PNG\r\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"GIF8", GIF),
)
_TEXTS = frozenset({MARKDOWN, RST, HTML, CSV, PLAIN, EML})
_NAMES_OF_TEXTS = frozenset(
    {"readme", "license", "licence", "changelog", "notice", "faq", "install", "authors"}
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_MAIL_INSIDE = "__properties_version1.0".encode("utf-16-le")
_LOCKED_INSIDE = "EncryptedPackage".encode("utf-16-le")
_PDF_WITHIN = 1024  # bytes in which its mark may stand


def media_type_of(uri: str, said: str = "") -> str:
    """The media type by the name of the file, else by what a server said, else unknown."""
    by_name = _BY_EXTENSION.get(PurePosixPath(uri).suffix.lower())
    by_server = _BY_MEDIA_TYPE.get(said.partition(";")[0].strip().lower())
    known = (by_server or by_name) if "://" in uri else (by_name or by_server)
    return MEDIA_TYPES[known] if known else UNKNOWN


def format_of(path: Path, uri: str, media_type: str) -> str:
    """The format of a file. Raises UnreadableFileError `unsupported_format`, `encrypted_office`."""
    known = _BY_MEDIA_TYPE.get(media_type)
    with path.open("rb") as file:
        start = file.read(_PDF_WITHIN)
    if known in _TEXTS and not start.startswith((b"%PDF", b"PK\x03\x04", _OLD_OFFICE)):
        return known
    return _by_content(path, start) or known or _sniffed_text(uri, start)


def refuse_unknown(path: Path, uri: str) -> None:
    """Refuse at once what no parser would take, for a file whose name says nothing.

    Raises UnreadableFileError `empty_file`, `unsupported_format`.
    """
    with path.open("rb") as file:
        start = file.read(_PDF_WITHIN)
    if not start:
        raise UnreadableFileError("empty_file")
    if not start.startswith((b"PK\x03\x04", _OLD_OFFICE)):  # a parser process looks into those
        _ = _by_beginning(start) or _sniffed_text(uri, start)


def _by_beginning(start: bytes) -> str | None:
    if b"%PDF-" in start:
        return PDF
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return WEBP
    if start.startswith(b"BM") and start[6:10] == b"\0\0\0\0":
        return BMP
    return next((name for mark, name in _BEGINNINGS if start.startswith(mark)), None)


def _by_content(path: Path, start: bytes) -> str | None:
    if start.startswith(b"PK\x03\x04"):
        return _zipped_format(path)
    if start.startswith(_OLD_OFFICE):
        return _old_format(path)
    return _by_beginning(start)


def _zipped_format(path: Path) -> str | None:
    """What a zip archive is by what is in it; None where it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            kind = archive.read("mimetype")[:80] if "mimetype" in members else b""
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return None
    if kind.startswith(b"application/epub+zip"):
        return EPUB
    if kind.startswith(b"application/vnd.oasis.opendocument."):
        return ODF
    marks = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
    return next((name for mark, name in marks.items() if mark in members), ZIP)


def _old_format(path: Path) -> str:
    inside = path.read_bytes()
    if _MAIL_INSIDE in inside:
        return MSG
    if _LOCKED_INSIDE in inside:
        raise UnreadableFileError("encrypted_office")
    raise UnreadableFileError("unsupported_format", "a file of an Office before 2007")


def _sniffed_text(uri: str, start: bytes) -> str:
    name = PurePosixPath(uri)
    if not name.suffix or name.name.lower().partition(".")[0] in _NAMES_OF_TEXTS:
        head = start.lstrip().lower()
        if head.startswith((b"<!doctype html", b"<html")):
            return HTML
        if b"\0" not in start:
            return PLAIN
    raise UnreadableFileError("unsupported_format", name.suffix or "unknown")
