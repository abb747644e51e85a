"""From printed lines to reading order: columns, running headers and footers, contents pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from ingest.parsers.pdf_lines import Line
from ingest.text import size

_COLUMN_LINES = 8
_SAYS_SOMETHING = 40.0  # in Chinese characters
_EDGE = 0.12  # of the page's height, where running lines stand
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:第\s*)?(?:page\s*)?[\divxlc]{1,5}(?:\s*(?:/|of|页\s*/?\s*共)\s*\d+)?(?:\s*页)?[-–—\s]*",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*[\divx]*\s*$|…{2,}\s*\d*\s*$|·{4,}\s*\d*\s*$|_{6,}\s*\d*\s*$")
_NUMBER_AT_END = re.compile(r"[\divx]\s*$")

_CONTENTS = re.compile(r"目\s*[录錄次]|(?:table of )?contents", re.IGNORECASE)
_CAPTION = re.compile(r"[图圖表]\s*\d|(?:fig(?:ure|\.)?|table)\s*\d", re.IGNORECASE)
_EXPLAINS = re.compile(r"\s[—–=]\s|[：:]|[。.；;]$")  # such as "RUN — start"
_TITLE = 1.8  # how much larger than the text the title of a cover is
_COVER_LINE = 25.0  # in Chinese characters
_LABELS = 3  # so many in a row at least are the words of a drawing
_LABEL_SIZE = 8.0  # in Chinese characters
_ALIGNED = 8.0  # points; lines that begin this near to each other are one column


def without_running_lines(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """Pages without the lines that stand at the same edge of many pages, page numbers and contents entries.

    A long line that repeats says something: it stays where it stands first. No page loses all of its lines.
    """
    small = body_size(pages) * 1.1
    running = _running(pages, heights, small)
    seen: set[str] = set()
    kept: list[list[Line]] = []
    for lines, height in zip(pages, heights, strict=True):
        left: list[Line] = []
        in_contents = _is_contents(lines)
        for line in lines:
            is_repeated = line.size <= small and _is_edge(line, height) and bool(running & _keys(line))
            if is_repeated and size(line.text) > _SAYS_SOMETHING and line.text not in seen:
                seen.add(line.text)
                is_repeated = False
            if not is_repeated and not _is_furniture(line, height, in_contents=in_contents):
                left.append(line)
        if in_contents:
            kept.append([line for line in left if not _CONTENTS.fullmatch(line.text)])
        else:
            kept.append(left or lines)
    body = small / 1.1
    return [
        without_labels(lines, body, is_cover=place == 0 and _is_cover(lines, body))
        for place, lines in enumerate(kept)
    ]


def _is_cover(lines: Sequence[Line], body: float) -> bool:
    """Whether it is a title in large type and no running text."""
    is_titled = any(line.size >= _TITLE * body for line in lines)
    return is_titled and not any(size(line.text) > _COVER_LINE for line in lines if line.size < _TITLE * body)


def _is_contents(lines: Sequence[Line]) -> bool:
    entries = sum(_LEADERS.search(line.text) is not None for line in lines)
    return entries >= 3 and entries >= 0.5 * len(lines)


def without_labels(lines: Sequence[Line], body: float, *, is_cover: bool = False) -> list[Line]:
    """A page without the words that are strewn over its drawings, a cover without all of them; captions stay.

    The cells of a table without rules are as small and as short, but begin below each other.
    """
    kept: list[Line] = []
    for is_label, run in groupby(lines, key=lambda line: _may_be_label(line, body)):
        found = list(run)
        places = {round(line.box[0] / _ALIGNED) for line in found}
        strewn = len(found) >= _LABELS and len(places) >= max(_LABELS, 0.5 * len(found))
        kept += [] if is_label and (strewn or is_cover) else found
    return kept


def _may_be_label(line: Line, body: float) -> bool:
    is_tiny = line.size <= body * 0.95 and size(line.text) <= _LABEL_SIZE
    return is_tiny and not (_CAPTION.match(line.text) or _EXPLAINS.search(line.text))


def _is_furniture(line: Line, height: float, *, in_contents: bool) -> bool:
    if _is_edge(line, height) and _PAGE_NUMBER.fullmatch(line.text) is not None:
        return True
    # A blank to be filled in looks like an entry of a table of contents without its page.
    is_led = _LEADERS.search(line.text) is not None
    return is_led and (in_contents or _NUMBER_AT_END.search(line.text) is not None)


def _is_edge(line: Line, height: float) -> bool:
    return line.box[3] < height * _EDGE or line.box[1] > height * (1 - _EDGE)


def _keys(line: Line) -> set[tuple[str, int]]:
    """What a running line has in common on its pages: its words, or its beginning and end at one height."""
    words = _DIGITS.sub("#", line.text)
    at = round(line.box[1] / 4)
    return {(words, 0), (words[:8] + "…", at), ("…" + words[-8:], at)}


def _running(pages: Sequence[list[Line]], heights: Sequence[float], small: float) -> set[tuple[str, int]]:
    counted: Counter[tuple[str, int]] = Counter()
    for lines, height in zip(pages, heights, strict=True):
        # Chapters begin at the top of their pages too, but in larger type.
        edges = [line for line in lines if line.size <= small and _is_edge(line, height)]
        counted.update({key for line in edges for key in _keys(line)})
    # Left and right pages may differ, chapters too: a quarter of the pages is enough, twice is not.
    needed = max(3, len(pages) // 4)
    return {key for key, count in counted.items() if count >= needed}


def in_reading_order(lines: list[Line], width: float) -> list[Line]:
    """The lines as people read them: a page in columns goes down one column before the next.

    The order in the file is kept where it is one: most programs write what is read first.
    """
    sideways = sum(line.height > line.box[2] - line.box[0] and len(line.text) > 3 for line in lines)
    if len(lines) < _COLUMN_LINES or sideways > len(lines) / 2:
        return lines
    middle = gutter(lines, width)
    gutters = [middle] if middle is not None else _two_gutters(lines)
    if not gutters:
        return lines if _goes_down(lines) else sorted(lines, key=_place)
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=_place):
        if any(line.box[0] < between - 4 and line.box[2] > between + 4 for between in gutters):
            ordered += [*_columns(band, gutters), line]
            band = []
        else:
            band.append(line)
    return ordered + _columns(band, gutters)


def _place(line: Line) -> tuple[float, float]:
    return round(line.box[1] / 3), line.box[0]


def _columns(band: list[Line], gutters: Sequence[float]) -> list[Line]:
    return sorted(band, key=lambda line: sum(line.box[2] > gutter + 4 for gutter in gutters))


def _goes_down(lines: list[Line]) -> bool:
    """Whether the file's order never jumps far up; side notes and captions may."""
    tall = median(line.height for line in lines) or 10.0
    jumps = sum(after.box[1] < before.box[1] - 2 * tall for before, after in pairwise(lines))
    return jumps <= max(2, len(lines) // 10)


def gutter(lines: Sequence[Line], width: float) -> float | None:
    """Where a blank strip down the middle parts the page in two columns of real text; None for one column.

    The middle is that of the page or, where its margins differ much, that of what is printed.
    """
    if len(lines) < _COLUMN_LINES:
        return None
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    found = _strip(lines, 0.0, width)
    return found if found is not None else _strip(lines, left, right)


def _strip(lines: Sequence[Line], start: float, end: float) -> float | None:
    width = end - start
    spans = [(line.box[0], line.box[2]) for line in lines]
    for step in range(-6, 7):
        middle = start + width * (0.5 + step * 0.015)
        low, high = middle - 4, middle + 4
        if sum(left < low and right > high for left, right in spans) > len(lines) * 0.15:
            continue
        left = [line for line in lines if line.box[2] <= middle + 4]
        right = [line for line in lines if line.box[0] >= middle - 4]
        enough = min(len(left), len(right)) >= max(4, len(lines) * 0.25)
        if enough and _is_text(left, width) and _is_text(right, width):
            return middle
    return None


def _two_gutters(lines: Sequence[Line]) -> list[float]:
    """Where two blank strips part what is printed in three columns of text; empty where it is not."""
    left, right = min(line.box[0] for line in lines), max(line.box[2] for line in lines)
    width = right - left
    found: list[float] = []
    for third in (1 / 3, 2 / 3):
        places = [left + width * (third + step * 0.01) for step in (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5)]
        blank = next((x for x in places if _crossing(lines, x) <= len(lines) * 0.1), None)
        if blank is None:
            return []
        found.append(blank)
    columns = [[line for line in lines if _column(line, found) == place] for place in range(3)]
    filled = all(len(column) >= 4 and _is_text(column, width * 0.8) for column in columns)
    return found if filled else []


def _crossing(lines: Sequence[Line], x: float) -> int:
    return sum(line.box[0] < x - 2 and line.box[2] > x + 2 for line in lines)


def _column(line: Line, gutters: Sequence[float]) -> int:
    middle = (line.box[0] + line.box[2]) / 2
    return sum(middle > gutter for gutter in gutters)


def _is_text(lines: list[Line], width: float) -> bool:
    return median(line.box[2] - line.box[0] for line in lines) > width * 0.22


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """The font size most of the text is set in."""
    counted: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            counted[line.size] += len(line.text)
    return counted.most_common(1)[0][0] if counted else 10.0
