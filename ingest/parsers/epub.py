"""EPUB: the chapters of the book in the order in which it is read."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborHTMLParser

from ingest import paging
from ingest.errors import UnreadableFileError
from ingest.parsers import html, opened
from ingest.parsers.archives import check_archive
from ingest.parsers.html_blocks import walk
from ingest.text import squeeze
from ingest.types import Block, ParsedFile

_CONTAINER = "META-INF/container.xml"
_BOOK, _DC = "{http://www.idpf.org/2007/opf}", "{http://purl.org/dc/elements/1.1/}"
_FILES = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_NO_TEXT = "script,style,nav,svg,[hidden],[epub\\:type=toc]"
_LARGEST_CHAPTER = 20 * 1024 * 1024


def parse(path: Path) -> ParsedFile:
    """The chapters of a book. Raises UnreadableFileError `broken_epub`, `locked_epub`, `zip_bomb`, `no_text`."""
    check_archive(path, broken="broken_epub")
    try:
        with zipfile.ZipFile(path) as archive:
            blocks, metadata = _book(archive)
    except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableFileError("broken_epub", type(error).__name__) from error
    if not blocks:
        raise UnreadableFileError("no_text")
    return ParsedFile(blocks=blocks, title=metadata.get("title"), metadata=metadata)


def _book(archive: zipfile.ZipFile) -> tuple[tuple[Block, ...], dict[str, str]]:
    container = opened.xml(opened.member(archive, _CONTAINER), broken="broken_epub")
    root = next((found.get("full-path") for found in container.iter(f"{_FILES}rootfile")), None)
    if not root:
        raise UnreadableFileError("broken_epub", "no root file")
    package = opened.xml(opened.member(archive, root), broken="broken_epub")
    chapters = list(_chapters(package, posixpath.dirname(root)))
    locked = _locked(archive)
    if locked & set(chapters):
        raise UnreadableFileError("locked_epub")
    known = set(archive.namelist())
    blocks = tuple(
        block
        for number, name in enumerate(chapters, start=1)
        if name in known and paging.begin(number, len(chapters))
        for block in _chapter(opened.member(archive, name, largest=_LARGEST_CHAPTER))
    )
    return blocks, _metadata(package)


def _chapters(package: Element, folder: str) -> Iterator[str]:
    """The parts of the archive that are read one after the other."""
    files = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in package.iter(f"{_BOOK}item")
        if "html" in (item.get("media-type") or "") and "nav" not in (item.get("properties") or "").split()
    }
    for entry in package.iter(f"{_BOOK}itemref"):
        name = files.get(entry.get("idref"))
        if name and entry.get("linear") != "no":
            yield name


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """Parts that only the shop's own reader can open; scrambled fonts alone do no harm."""
    try:
        listed = opened.xml(opened.member(archive, "META-INF/encryption.xml"), broken="broken_epub")
    except KeyError:
        return set()
    return {unquote(node.get("URI") or "") for node in listed.iter() if node.tag.endswith("CipherReference")}


def _chapter(raw: bytes) -> Iterator[Block]:
    body = LexborHTMLParser(html.decode(raw)).body if raw.strip() else None
    if body is None:
        return
    for node in body.css(_NO_TEXT):
        node.decompose()
    yield from walk(body)


def _metadata(package: Element) -> dict[str, str]:
    found = {}
    for name in ("title", "language"):
        node = package.find(f".//{_DC}{name}")
        if node is not None and squeeze(node.text or ""):
            found[name] = squeeze(node.text or "")
    return found
