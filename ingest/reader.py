"""One file to articles: finds the format, calls its parser, opens what it holds. Runs inside a parser process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import articles, formats, paging
from ingest.errors import UnreadableFileError
from ingest.formats import CSV, DOCX, EML, EPUB, HTML, MARKDOWN, MSG, ODF, PDF, PLAIN, PPTX, RST, XLSX, ZIP
from ingest.parsers.archives import Enclosed
from ingest.types import ParsedFile, ParseRequest, Prepared
from kb.types import NewArticle

_DEEPEST = 3  # an archive in a mail in an archive


def read(request: ParseRequest) -> Prepared:
    """The articles of one file and of the files inside it. Raises UnreadableFileError with the code to show."""
    return _read(request, depth=0)


def _read(request: ParseRequest, depth: int) -> Prepared:
    path = Path(request.path)
    length = path.stat().st_size
    if length == 0:
        raise UnreadableFileError("empty_file")
    if length > request.limits.max_bytes:
        raise UnreadableFileError("too_large", f"{length // 2**20} MB")
    found = formats.format_of(path, request.uri, request.media_type)
    if found in _HOLDERS:
        return _opened(request, _HOLDERS[found](path, request), depth)
    parsed = _PARSERS[found](path, request)
    return Prepared(articles=articles.build(request, parsed), pages=parsed.pages)


# ---- files that hold files --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    """What a holder says itself, and the files inside it."""

    parsed: ParsedFile | None
    count: int
    files: Iterable[Enclosed]


def _opened(request: ParseRequest, held: _Held, depth: int) -> Prepared:
    """The articles of a holder; a file inside that cannot be read costs only itself, unless there is no other."""
    made: list[NewArticle] = list(articles.build(request, held.parsed)) if held.parsed else []
    failed: list[tuple[str, UnreadableFileError]] = []
    for number, file in enumerate(held.files, start=1):
        if not paging.begin(number, held.count):
            continue
        try:
            with paging.silenced():
                made += _enclosed(request, file, depth + 1)
        except UnreadableFileError as error:
            failed.append((file.name, error))
    if not made:
        raise failed[0][1] if failed else UnreadableFileError("no_text")
    left_out = tuple(f"{name}: {error.code}" for name, error in failed)
    return Prepared(articles=tuple(made), left_out=left_out)


def _enclosed(request: ParseRequest, file: Enclosed, depth: int) -> Iterator[NewArticle]:
    if depth > _DEEPEST:
        raise UnreadableFileError("unsupported_format", "archives inside archives")
    with tempfile.NamedTemporaryFile(prefix="jieda-") as kept:
        kept.write(file.content)
        kept.flush()
        inner = replace(
            request,
            path=kept.name,
            uri=f"{request.uri}/{file.name}",
            media_type=formats.media_type_of(file.name),
        )
        for article in _read(inner, depth).articles:
            yield replace(article, key=f"{file.name}#{article.key}")


def _zip(path: Path, request: ParseRequest) -> _Held:
    from ingest.parsers import archives

    count, files = archives.members(path, max_bytes=request.limits.max_bytes, passwords=request.passwords)
    return _Held(None, count, files)


def _eml(path: Path, _request: ParseRequest) -> _Held:
    from ingest.parsers import mail

    found = mail.parse_eml(path)
    return _Held(found.parsed, len(found.attachments), found.attachments)


def _msg(path: Path, _request: ParseRequest) -> _Held:
    from ingest.parsers import mail

    found = mail.parse_msg(path)
    return _Held(found.parsed, len(found.attachments), found.attachments)


_HOLDERS: dict[str, Callable[[Path, ParseRequest], _Held]] = {ZIP: _zip, EML: _eml, MSG: _msg}


# ---- single files -----------------------------------------------------------------------------------------


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
        passwords=request.passwords,
        reads_pictures=request.reads_pictures,
    )


def _docx(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import docx

    return docx.parse(path)


def _pptx(path: Path, request: ParseRequest) -> ParsedFile:
    from ingest.parsers import pptx

    return pptx.parse(path, max_pages=request.limits.max_pages)


def _odf(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import odt

    return odt.parse(path)


def _epub(path: Path, _request: ParseRequest) -> ParsedFile:
    from ingest.parsers import epub

    return epub.parse(path)


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
    PPTX: _pptx,
    ODF: _odf,
    EPUB: _epub,
    XLSX: _xlsx,
    CSV: _csv,
    PLAIN: _plain,
    **dict.fromkeys(formats.PICTURES, _picture),
}
