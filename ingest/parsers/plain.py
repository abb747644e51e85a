"""Plain text in any encoding: paragraphs, and headings only where they are plain to see."""

from __future__ import annotations

import re

from charset_normalizer import from_bytes

from ingest.errors import UnreadableFileError
from ingest.text import clean, escape_markdown, han_count, join_lines
from ingest.types import Block, BlockKind, ParsedFile

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NUMBERED = re.compile(
    r"(?:\d+(?:\.\d+)*[.、 ]|第[一二三四五六七八九十百\d]+[章节条]|[一二三四五六七八九十]+、|[A-Z][A-Z \d]{4,}$)"
)
_BULLET = re.compile(r"\s*(?:[-*+•·▪◦]|\d+[.)）、]|[（(]\d+[)）])\s*\S")
_RULE = re.compile(r"\s*[-=_*~#]{3,}\s*")


def decode(raw: bytes) -> str:
    """The text of `raw`, whatever its encoding. Raises UnreadableFileError `bad_encoding`."""
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)
    if marked:
        return _strict(raw, marked)
    if b"\0" in raw[:4096]:
        return _wide(raw)
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _reads_as_chinese(text):
            return text
    best = from_bytes(raw).best()
    if best is None:
        raise UnreadableFileError("bad_encoding")
    return str(best)


def _strict(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFileError("bad_encoding", encoding) from error


def _wide(raw: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: text whose zero bytes stand in regular places."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        printable = sum(sign.isprintable() or sign in "\r\n\t" for sign in text[:2000])
        if "\0" not in text and printable >= 0.97 * len(text[:2000]):
            return text
    raise UnreadableFileError("bad_encoding", "binary content")


def _reads_as_chinese(text: str) -> bool:
    """Whether what decoded as GB 18030 is common Chinese and not another encoding read wrongly."""
    foreign = sum(not sign.isascii() for sign in text)
    common = sum("\u4e00" <= sign <= "\u9fa5" or sign in "，。、；：？！“”‘’（）《》【】—…·" for sign in text)
    return foreign > 0 and common >= 0.9 * foreign and han_count(text) >= 2


def parse(source: str) -> ParsedFile:
    """Paragraphs are parted by blank lines; a short line that stands alone and is numbered is a heading."""
    blocks = tuple(
        _block(lines) for lines in _paragraphs(clean(source.replace("\r\n", "\n").replace("\r", "\n")))
    )
    title = blocks[0].text if blocks and len(blocks[0].text) <= 80 and "\n" not in blocks[0].text else None
    return ParsedFile(blocks=blocks, title=title)


def _paragraphs(source: str) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in source.split("\n"):
        if not line.strip() or _RULE.fullmatch(line):
            if found[-1]:
                found.append([])
        else:
            found[-1].append(line.rstrip())
    return [lines for lines in found if lines]


def _block(lines: list[str]) -> Block:
    if len(lines) == 1 and len(lines[0].strip()) <= 60 and _is_heading(lines[0].strip()):
        return Block(
            kind=BlockKind.HEADING, text=lines[0].strip(), markdown=escape_markdown(lines[0].strip()), level=2
        )
    text = _joined(lines)
    return Block(kind=BlockKind.TEXT, text=text, markdown=escape_markdown(text).replace("\n", "  \n"))


def _is_heading(line: str) -> bool:
    return bool(_NUMBERED.match(line)) and line[-1] not in "。.;；,，:："


def _joined(lines: list[str]) -> str:
    """Lines broken by width become one; lines that are items or short on purpose stay lines."""
    widest = max(len(line) for line in lines)
    text, last = lines[0].strip(), lines[0]
    for line in lines[1:]:
        wrapped = len(last) >= 0.75 * widest and widest >= 40 and not _BULLET.match(line)
        text = join_lines(text, line.strip()) if wrapped else f"{text}\n{line.strip()}"
        last = line
    return text
