"""Cutting a passage into the pieces an answer may be made of; joined in order they are the passage again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chatbot.understand import codes
from chatbot.words import names_code

# After 。！？… always; after . ! ? ; only before a space, so that 10.0, v2.1.0 and e.g. file.txt stay whole.
_BREAK: Final = re.compile(
    r"(?<=[。！？；])[”’」』）)\"]*(?=[^”’」』）)\"。！？；])|(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9\u3400-\u9fff])"
)
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|No|Fig|Sec|approx|max|min|Dr|Mr|Ms|Inc|Ltd|Co|cf)|(?:^|\s)\d{1,2}|\b[A-Z])\.\s*$"
)
_ITEM: Final = re.compile(
    r"\s*(?:[-*•·●○▪–]\s+|\(?\d{1,2}[.)、）]\s*|[（(]\d{1,2}[）)]\s*|[①-⑳]\s*|[a-z][.)]\s+|第[一二三四五六七八九十\d]+步)"
)
# A table row as documents give it to us: each cell after the name of its column.
_LABELLED: Final = re.compile(
    r"[^:：;；\n]{1,24}[:：] ?(?P<first>[^;；\n]{1,40})[;；] ?[^:：;；\n]{1,24}[:：] ?\S"
)
_CELLS: Final = re.compile(r"\|?\s*(?P<first>[^|\n]{1,40}?)\s*\|")


class Shape(StrEnum):
    """What a piece is; only sentences may be chosen without their neighbours."""

    SENTENCE = "sentence"
    LEAD = "lead"  # introduces the list or table below it
    ITEM = "item"
    HEADER = "header"
    ROW = "row"
    CODE = "code"


@dataclass(frozen=True)
class Piece:
    """A part of a passage, verbatim; `block` numbers the paragraph, list, table or code block it stands in."""

    text: str
    shape: Shape
    block: int
    starts_line: bool


def pieces(text: str) -> list[Piece]:
    """The sentences, list items, table rows and code blocks of a passage, in order."""
    made: list[Piece] = []
    block, before = 0, None
    for line, shape in _lines(text):
        if shape is None:
            block, before = block + 1, None
            continue
        if before is not None and shape != before and not (before is Shape.HEADER and shape is Shape.ROW):
            block += 1
        if shape is Shape.SENTENCE:
            made += [Piece(part, Shape.SENTENCE, block, at == 0) for at, part in enumerate(split(line))]
        else:
            made.append(Piece(line, shape, block, starts_line=True))
        before = shape
    return _with_leads(made)


def split(paragraph: str) -> list[str]:
    """The sentences of a paragraph, none cut in the middle of a number, code or abbreviation."""
    made: list[str] = []
    start = 0
    for match in _BREAK.finditer(paragraph):
        candidate = paragraph[start : match.end()]
        if candidate.strip() and not _ABBREVIATION.search(candidate):
            made.append(candidate.strip())
            start = match.end()
    rest = paragraph[start:].strip()
    return [*made, rest] if rest else made


def rows_of(named: Sequence[str], text: str) -> list[str]:
    """The table rows whose first cell is one of these codes and no other, as they stand in `text`."""
    found = []
    for line in text.splitlines():
        match = _LABELLED.match(line) or _CELLS.match(line)
        first = match["first"] if match else ""
        if len(codes(first)) == 1 and any(names_code(code, first) for code in named):
            found.append(line.strip())
    return found


def _lines(text: str) -> list[tuple[str, Shape | None]]:
    found: list[tuple[str, Shape | None]] = []
    code: list[str] | None = None
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            if code is None:
                code = [line]
            else:
                found.append(("\n".join([*code, line]), Shape.CODE))
                code = None
        elif code is not None:
            code.append(line)
        else:
            found.append((line.rstrip(), _shape_of(line, found)))
    if code is not None:
        found.append(("\n".join(code), Shape.CODE))
    return found


def _shape_of(line: str, before: list[tuple[str, Shape | None]]) -> Shape | None:
    if not line.strip():
        return None
    if line.count("|") >= 1 and " | " in f" {line.strip()} ".replace("|", " | "):
        in_table = bool(before) and before[-1][1] in {Shape.HEADER, Shape.ROW}
        return Shape.ROW if in_table else Shape.HEADER
    if _ITEM.match(line):
        return Shape.ITEM
    return Shape.ROW if _LABELLED.match(line) else Shape.SENTENCE


def _with_leads(made: list[Piece]) -> list[Piece]:
    shown: list[Piece] = []
    for at, piece in enumerate(made):
        follows = made[at + 1].shape if at + 1 < len(made) else None
        leads = piece.shape is Shape.SENTENCE and follows in {Shape.ITEM, Shape.HEADER, Shape.CODE}
        if leads and piece.text.rstrip().endswith((":", "：")):
            piece = Piece(piece.text, Shape.LEAD, piece.block, piece.starts_line)  # noqa: PLW2901
        shown.append(piece)
    return shown
