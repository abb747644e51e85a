"""Lines and tables of a PDF to blocks: headings, paragraphs, lists, listings, tables over several pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from statistics import median

from ingest.parsers import pdf_layout
from ingest.parsers.pdf_lines import Line
from ingest.parsers.pdf_tables import PageTable
from ingest.parsers.tables import table_blocks
from ingest.text import escape_markdown, han_count, join_lines, squeeze
from ingest.types import Block, BlockKind, Box, Part

_BULLET = re.compile(r"^(?:[•·▪◦●○■□◆◇►▶➢✓⚫⚪✔★☆*\uf0b7\uf06c\uf0d8–—-]\s+|[•▪◦●○■□◆►➢⚫]\s*)")
_NUMBERED = re.compile(r"^(?:\d{1,3}[.)、）](?!\d)|[（(]\d{1,2}[)）]|[a-zA-Z][)）]|[①-⑳])\s*")
_SECTION = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?[\s、]|第\s*[\d一二三四五六七八九十百]+\s*[章节篇部]|[一二三四五六七八九十]{1,3}、|"
    r"[（(][一二三四五六七八九十]{1,3}[)）]|(?:appendix|chapter|section|part|annex)\s+[\dA-Z]|附录)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2}")
_STOP = tuple("。！？!?；;.：:”」）)")
_COLUMN = 60.0  # points; lines that begin this near to each other stand in one column
_UNFINISHED = tuple("，,、；;")


_FILLING = r"\s.．、,，:：（）()"  # signs in which a heading and its entry in the contents may differ
_FILLED = re.compile(f"[{_FILLING}]+")
_FIRST_SIGN = re.compile(f"[^{_FILLING}]")


@lru_cache(maxsize=4096)
def _squashed(text: str) -> str:
    return _FILLED.sub("", text).lower()


def _first_sign(text: str) -> str:
    """What `_squashed` begins with, without squashing the whole."""
    found = _FIRST_SIGN.search(text)
    return found.group().lower()[:1] if found else ""


class Outline:
    """The file's own table of contents: which lines of which page are headings, and how deep."""

    def __init__(self, entries: Sequence[tuple[str, int, int]]) -> None:
        self._by_page: dict[int, list[tuple[str, str, int]]] = {}
        self._first_signs: dict[int, set[str]] = {}  # of the entries of a page and its neighbours
        for title, level, page in entries:
            squashed = _squashed(title)
            self._by_page.setdefault(page, []).append((squashed, title, level))
            for near in (page - 1, page, page + 1):
                self._first_signs.setdefault(near, set()).add(squashed[:1])
        self.deepest = max((level for _title, level, _page in entries), default=0)

    def __bool__(self) -> bool:
        return bool(self._by_page)

    def may_name(self, text: str, page: int) -> bool:
        """Whether an entry near this page begins with the sign that these words begin with; most do not."""
        signs = self._first_signs.get(page)
        return signs is not None and _first_sign(text) in signs

    def heading(self, text: str, page: int) -> tuple[str, int] | None:
        """The entry that these words of this page are, as (title, level)."""
        if not self.may_name(text, page):
            return None
        found = _squashed(text)
        for near in (page, page - 1, page + 1):
            for squashed, title, level in self._by_page.get(near, []):
                if found and found == squashed:
                    return title, level
        return None

    def begins(self, text: str, page: int) -> bool:
        """Whether an entry of this page begins with these words and goes on in the next line."""
        if page not in self._by_page or not self.may_name(text, page):
            return False
        found = _squashed(text)
        entries = self._by_page.get(page, [])
        return len(found) >= 4 and any(entry[0].startswith(found) and entry[0] != found for entry in entries)


class Builder:
    """Collects pages, then makes blocks."""

    def __init__(self, outline: Outline, pages: Sequence[Sequence[Line]]) -> None:
        self._outline = outline
        self._body_size = pdf_layout.body_size(pages)
        lines = [line for page in pages for line in page]
        # Where most of the text is bold, or the font is only called so, bold marks nothing.
        self._bold_marks = sum(line.is_bold for line in lines) < 0.4 * max(len(lines), 1)
        self._items: list[Line | PageTable] = []
        self._measures: dict[int, _Measure] = {}

    def add_page(self, lines: Sequence[Line], tables: Sequence[PageTable]) -> None:
        """Add a page's lines in reading order; its tables go where they stand."""
        if lines:
            self._measures[lines[0].page] = _Measure(lines)
        waiting = list(tables)
        for line in lines:
            while waiting and waiting[0].box[1] <= line.box[1] and line.box[0] < waiting[0].box[2]:
                self._items.append(waiting.pop(0))
            self._items.append(line)
        self._items += waiting

    def blocks(self) -> list[Block]:
        """The blocks of all pages."""
        made: list[Block] = []
        paragraph: list[Line] = []
        head: PageTable | None = None
        for item in self._items:
            if isinstance(item, PageTable):
                made += self._paragraph(paragraph)
                paragraph = []
                made += _table(item, head)
                head = head if head is not None and _continues(item, head) else item
                continue
            head = None
            if paragraph and self._breaks(paragraph, item):
                made += self._paragraph(paragraph)
                paragraph = []
            paragraph.append(item)
        made += self._paragraph(paragraph)
        return _grouped(self._with_levels(made))

    # ---- where a paragraph ends -----------------------------------------------------------------------

    def _breaks(self, paragraph: list[Line], line: Line) -> bool:
        last = paragraph[-1]
        listed = self._listed(paragraph, line)
        if listed is not None:
            return not listed
        if last.is_mono or line.is_mono:
            return not (last.is_mono and line.is_mono) or _is_far(last, line, 1.5)
        if _BULLET.match(line.text) or _NUMBERED.match(line.text) or abs(line.size - last.size) > 0.6:
            return True
        if (
            self._bold_marks
            and line.is_bold != last.is_bold
            and (self._numbered_head(last) or self._numbered_head(line))
        ):
            return True
        measure = self._measures[last.page]
        if line.page != last.page or line.box[1] < last.box[1] - last.size:  # next page or next column
            return (
                last.text.endswith(_STOP) or bool(_SECTION.match(line.text)) or measure.is_short(last, line)
            )
        return measure.is_apart(last, line) or measure.is_short(last, line) or _is_indented(paragraph, line)

    def _listed(self, paragraph: list[Line], line: Line) -> bool | None:
        """Whether the table of contents says that this line goes on the heading before it; None if it says nothing."""
        if not self._outline:
            return None
        last = paragraph[-1]
        if not self._outline.may_name(paragraph[0].text, last.page) and not self._outline.may_name(
            line.text, line.page
        ):
            return None
        together = " ".join(known.text for known in [*paragraph, line])
        if self._outline.heading(together, last.page) or self._outline.begins(together, last.page):
            return True
        if self._outline.heading(" ".join(known.text for known in paragraph), last.page):
            return False
        if self._outline.heading(line.text, line.page) or self._outline.begins(line.text, line.page):
            return False
        return None

    # ---- headings -------------------------------------------------------------------------------------

    def _is_heading(self, lines: Sequence[Line], text: str) -> bool:
        """Whether a paragraph is set like a heading: in larger type, or numbered and bold; and is short."""
        first = lines[0]
        longest = 45 if han_count(text) else 110
        if (
            len(text) > longest
            or len(lines) > 3
            or text.endswith(_UNFINISHED)
            or not re.search(r"[^\W\d_]", text)
        ):
            return False
        if first.size >= self._body_size * 1.18 and " = " not in text:
            return not text.endswith("。") and not _BULLET.match(text)
        return self._numbered_head(first)

    def _numbered_head(self, line: Line) -> bool:
        is_set_off = self._bold_marks and line.is_bold and line.size >= self._body_size
        return (
            is_set_off
            and bool(_SECTION.match(line.text))
            and len(line.text) <= 80
            and not line.text.endswith(_STOP)
        )

    # ---- making blocks --------------------------------------------------------------------------------

    def _paragraph(self, lines: list[Line]) -> list[Block]:
        if not lines:
            return []
        first, box = lines[0], _box_of(lines)
        if first.is_mono:
            return [_code(lines, box)]
        text = ""
        for line in lines:
            text = join_lines(text, line.text)
        entry = (
            self._outline.heading(" ".join(line.text for line in lines), first.page)
            if self._outline
            else None
        )
        if entry is not None:
            return [_heading(squeeze(text), entry[1], first, box)]
        if self._is_heading(lines, text):
            # The size is turned into a level once all sizes of the file are known.
            return [_heading(text, 100 + round(first.size * 10), first, box)]
        mark = _BULLET.match(text) or _NUMBERED.match(text)
        if mark:
            part = _item(text[: mark.end()].strip(), text[mark.end() :].strip())
            return [
                Block(
                    kind=BlockKind.LIST,
                    text=part.text,
                    markdown=part.markdown,
                    parts=(part,),
                    page=first.page,
                    box=box,
                )
            ]
        return [
            Block(kind=BlockKind.TEXT, text=text, markdown=escape_markdown(text), page=first.page, box=box)
        ]

    def _with_levels(self, blocks: list[Block]) -> list[Block]:
        sizes = sorted({block.level for block in blocks if block.level > 100}, reverse=True)
        above = self._outline.deepest
        levels = {size: min(6, above + rank) for rank, size in enumerate(sizes, start=1)}
        return [_with_level(block, levels[block.level]) if block.level > 100 else block for block in blocks]


class _Measure:
    """How a page is set: the usual space between its lines, and where its columns end."""

    def __init__(self, lines: Sequence[Line]) -> None:
        steps = [after.box[1] - before.box[1] for before, after in pairwise(lines)]
        heights = [line.size for line in lines]
        usual = [step for step, size in zip(steps, heights, strict=False) if 0.8 * size < step < 3.2 * size]
        self._step = median(usual) if len(usual) >= 3 else median(heights) * 1.5
        self._edges: dict[int, float] = {}
        for line in lines:
            column = int(line.box[0] // _COLUMN)
            self._edges[column] = max(self._edges.get(column, 0.0), line.box[2])

    def is_apart(self, last: Line, line: Line) -> bool:
        """Whether there is more than the usual space between two lines."""
        step = line.box[1] - last.box[1]
        return (
            step > max(self._step * 1.35, last.size * 1.15) and line.box[1] - last.box[3] > last.size * 0.25
        )

    def is_short(self, last: Line, line: Line) -> bool:
        """Whether a line ends although the first word of the next had room on it: the writer ended it."""
        column = int(last.box[0] // _COLUMN)
        edge = max(self._edges.get(near, 0.0) for near in (column - 2, column - 1, column, column + 1))
        word = line.text.split(" ", 1)[0]
        wide = last.size if han_count(word[:1]) else min(len(word), 25) * last.size * 0.55
        return edge - last.box[2] > wide + last.size * 1.5


def _is_far(last: Line, line: Line, lines: float) -> bool:
    return line.page != last.page or not -last.size < line.box[1] - last.box[3] < last.size * lines


def _is_indented(paragraph: Sequence[Line], line: Line) -> bool:
    """Whether the line begins further in than the paragraph does after its first line."""
    if len(paragraph) < 2:
        return False
    return line.box[0] > paragraph[-1].box[0] + line.size * 1.2 and paragraph[-1].text.endswith(_STOP)


def _with_level(block: Block, level: int) -> Block:
    return Block(
        kind=block.kind, text=block.text, markdown=block.markdown, level=level, page=block.page, box=block.box
    )


def _heading(text: str, level: int, line: Line, box: Box) -> Block:
    return Block(
        kind=BlockKind.HEADING,
        text=text,
        markdown=escape_markdown(text),
        level=level,
        page=line.page,
        box=box,
    )


def _item(mark: str, text: str) -> Part:
    """A list item; signs for bullets differ from font to font and become one."""
    if not mark[:1].isalnum() and mark[:1] not in "（(①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳":
        mark = "-"
    gap = "" if mark[-1:] in "）、" or (mark != "-" and han_count(text[:1]) and mark[-1:] != ".") else " "
    return Part(f"{mark}{gap}{text}", f"{mark}{gap}{escape_markdown(text)}")


def _code(lines: list[Line], box: Box) -> Block:
    left = min(line.box[0] for line in lines)
    wide = max(lines[0].size * 0.6, 1.0)
    code = "\n".join(" " * min(40, round((line.box[0] - left) / wide)) + line.text for line in lines)
    return Block(kind=BlockKind.CODE, text=code, markdown=f"```\n{code}\n```", page=lines[0].page, box=box)


def _box_of(lines: list[Line]) -> Box:
    own = [line.box for line in lines if line.page == lines[0].page]
    lefts, tops, rights, bottoms = zip(*own, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _continues(table: PageTable, head: PageTable) -> bool:
    """Whether it is the same table on a following page: the same columns in the same places."""
    same = len(table.columns) == len(head.columns)
    return same and all(abs(one - other) < 4 for one, other in zip(table.columns, head.columns, strict=True))


def _table(table: PageTable, head: PageTable | None) -> list[Block]:
    rows = [list(row) for row in table.rows]
    if head is not None and table.page != head.page and _continues(table, head):
        top = list(head.rows[0])
        if [cell.text for cell in top] != [cell.text for cell in rows[0]]:
            rows = [top, *rows]
        return list(table_blocks(rows, header_rows=1, page=table.page, box=table.box))
    return list(table_blocks(rows, header_rows=table.header_rows, page=table.page, box=table.box))


def _grouped(blocks: list[Block]) -> list[Block]:
    """Neighbouring items of one page become one list."""
    made: list[Block] = []
    for (kind, page, bulleted), run in groupby(
        blocks, key=lambda known: (known.kind, known.page, known.text[:2] == "- ")
    ):
        items = list(run)
        # Numbered points often have paragraphs of their own below them, so each stays by itself.
        if kind is not BlockKind.LIST or not bulleted or len(items) == 1:
            made += items
            continue
        boxes = [item.box for item in items if item.box]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        made.append(
            Block(
                kind=BlockKind.LIST,
                text="\n".join(item.text for item in items),
                markdown="\n".join(item.markdown for item in items),
                parts=tuple(part for item in items for part in item.parts),
                page=page,
                box=(min(lefts), min(tops), max(rights), max(bottoms)),
            )
        )
    return made
