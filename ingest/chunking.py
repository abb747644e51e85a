"""Blocks to passages: structure first, then size, and never inside a sentence, a row or an item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from ingest.text import escape_markdown, han_count, language_of, sentences, size, slug
from ingest.types import Block, BlockKind, Box
from kb.types import ChunkKind, Locator, NewChunk

LIMIT = 800.0  # Chinese characters, see ingest.text.size
WHOLE = 1.25  # a section this many times the limit stays in one piece rather than leave a stub
SMALL = 300.0  # a section shorter than this says too little to be found by itself …
TOGETHER = 600.0  # … so it stands in one chunk with its neighbours under the same heading, up to this size
_TELLING = 60.0  # so much prose says in which language a section is written
FAQ_WHOLE = 2.0  # an answer is complete in one chunk up to this many times the limit
LONGEST_SENTENCE = 2.0  # what goes on longer without a stop is no sentence and is cut

_KINDS = {
    BlockKind.TEXT: ChunkKind.TEXT,
    BlockKind.LIST: ChunkKind.LIST,
    BlockKind.TABLE: ChunkKind.TABLE,
    BlockKind.CODE: ChunkKind.CODE,
}


@dataclass(frozen=True)
class Section:
    """Blocks under one heading path; the article's title is not part of the path."""

    heading_path: tuple[str, ...]
    anchor: str | None
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """What goes into a chunk whole."""

    kind: BlockKind
    text: str
    markdown: str
    block: Block
    is_start: bool  # of its block; a later piece of a table repeats the head

    @property
    def size(self) -> float:
        return size(self.text)


def sections(blocks: Sequence[Block], *, title: str = "") -> list[Section]:
    """The blocks grouped by the headings above them; a heading that only repeats the title is left out.

    A heading with nothing below it is all its section says, so it becomes text of the section around it.
    """
    if all(block.kind is BlockKind.HEADING for block in blocks):
        return []
    path: list[tuple[int, str]] = []
    found = [Section((), None)]
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.kind is not BlockKind.HEADING:
            found[-1].blocks.append(block)
            continue
        path = [entry for entry in path if entry[0] < block.level]
        shown = tuple(text for _level, text in path if text != title)
        if _is_bare(block, after):
            if found[-1].heading_path != shown:
                found.append(Section(shown, block.anchor or slug(block.text) or None))
            if block.text != title:
                found[-1].blocks.append(replace(block, kind=BlockKind.TEXT, level=0))
            continue
        path.append((block.level, block.text))
        shown = tuple(text for _level, text in path if text != title)
        found.append(Section(shown, block.anchor or slug(block.text) or None))
    return [section for section in found if section.blocks]


def _is_bare(heading: Block, after: Block | None) -> bool:
    """Whether nothing stands below a heading: neither text nor a heading of a lower level."""
    return after is None or (after.kind is BlockKind.HEADING and after.level <= heading.level)


def chunk_sections(found: Sequence[Section], *, uri: str, lang: str) -> list[NewChunk]:
    """The chunks of an article; `lang` is taken where a chunk has no words of its own."""
    return [
        chunk for together in gathered(found) for chunk in chunk_section(joined(together), uri=uri, lang=lang)
    ]


def gathered(found: Sequence[Section]) -> list[list[Section]]:
    """The sections in runs that share a chunk: small ones with their neighbours under the same heading.

    Many pages are written in sections of a sentence or two. Alone, each has too few words to be found by, and fills
    a place among the results that says next to nothing; see docs/benchmarks.md, "Chunking".
    """
    runs: list[list[Section]] = []
    total, spoken = 0.0, ""
    for section in found:
        length, lang = _length_and_language(section)
        is_small = min(total, length) < SMALL and total + length <= TOGETHER
        is_same_language = not (spoken and lang) or spoken == lang
        if runs and is_small and is_same_language and _share_heading(runs[-1], section):
            runs[-1].append(section)
            total, spoken = total + length, spoken or lang
        else:
            runs.append([section])
            total, spoken = length, lang
    return runs


def _length_and_language(section: Section) -> tuple[float, str]:
    """Its size, and its language where it has prose enough to tell: names alone are English in any language."""
    prose = "\n".join(block.text for block in section.blocks if block.kind is BlockKind.TEXT)
    is_told = size(prose) >= _TELLING
    return sum(size(block.text) for block in section.blocks), language_of(prose, "") if is_told else ""


def _share_heading(run: Sequence[Section], section: Section) -> bool:
    """Whether a section stands beside or below the first one of a run, or below one that stands beside it."""
    return len(_shared_path([*run, section])) >= len(run[0].heading_path) - 1


def _shared_path(run: Sequence[Section]) -> tuple[str, ...]:
    levels = zip(*(section.heading_path for section in run), strict=False)
    return tuple(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))


def joined(run: Sequence[Section]) -> Section:
    """The sections of a run as one under the headings they share; their own headings stay as text."""
    if len(run) == 1:
        return run[0]
    shared = _shared_path(run)
    blocks: list[Block] = []
    for section in run:
        own = " › ".join(section.heading_path[len(shared) :])
        if own:
            blocks.append(Block(kind=BlockKind.TEXT, text=own, markdown=f"**{escape_markdown(own)}**"))
        blocks += section.blocks
    return Section(shared, run[0].anchor, blocks)


def chunk_section(section: Section, *, uri: str, lang: str) -> Iterator[NewChunk]:
    """The chunks of one section, as few as its size allows."""
    pieces = [piece for block in section.blocks for piece in _pieces(block, LIMIT)]
    for group in _packed(pieces, LIMIT):
        yield _chunk(group, section, uri=uri, lang=lang)


def chunk_answer(section: Section, *, uri: str, lang: str) -> list[NewChunk]:
    """The answer of a FAQ entry: one chunk of kind `faq` if it is not far too long for that."""
    if sum(size(block.text) for block in section.blocks) <= LIMIT * FAQ_WHOLE:
        whole = [_Piece(block.kind, block.text, block.markdown, block, True) for block in section.blocks]
        groups = [whole] if whole else []
    else:
        groups = _packed([piece for block in section.blocks for piece in _pieces(block, LIMIT)], LIMIT)
    return [replace(_chunk(group, section, uri=uri, lang=lang), kind=ChunkKind.FAQ) for group in groups]


def _pieces(block: Block, limit: float) -> list[_Piece]:
    if size(block.text) <= limit * (1 if block.kind is BlockKind.TEXT else WHOLE):
        return [_Piece(block.kind, block.text, block.markdown, block, True)]
    if block.kind is BlockKind.TABLE:
        return _part_pieces(block, limit, separator="\n")
    if block.kind is BlockKind.LIST:
        return _part_pieces(block, limit, separator="\n")
    cut = _code_cuts(block.text, limit) if block.kind is BlockKind.CODE else _text_cuts(block.text, limit)
    fence = block.markdown.partition("\n")[0] if block.kind is BlockKind.CODE else ""
    return [
        _Piece(block.kind, text, _as_markdown(text, fence), block, index == 0)
        for index, text in enumerate(cut)
        if text.strip()
    ]


def _as_markdown(text: str, fence: str) -> str:
    if fence:
        return f"{fence}\n{text}\n{fence.rstrip('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_#.')}"
    return escape_markdown(text).replace("\n", "  \n")


def _part_pieces(block: Block, limit: float, *, separator: str) -> list[_Piece]:
    made: list[_Piece] = []
    groups = _grouped([size(part.text) for part in block.parts], limit)
    for start, end in groups:
        parts = block.parts[start:end]
        head = f"{block.table_head}\n" if block.table_head else ""
        text = separator.join(part.text for part in parts)
        markdown = head + "\n".join(part.markdown for part in parts)
        if len(parts) == 1 and size(text) > limit * LONGEST_SENTENCE:
            cuts = _text_cuts(text, limit)
            made += [_Piece(BlockKind.TEXT, cut, _as_markdown(cut, ""), block, not made) for cut in cuts]
        else:
            made.append(_Piece(block.kind, text, markdown, block, not made))
    return made


def _grouped(
    sizes: Sequence[float], limit: float, starts: Sequence[bool] | None = None
) -> list[tuple[int, int]]:
    """Consecutive runs of about equal size, none above `limit` unless a single element is.

    Where `starts` marks elements that begin something, a run rather ends a little early than inside it.
    """
    total = sum(sizes)
    if not sizes:
        return []
    wanted = total / max(1, -(-total // limit))
    groups: list[tuple[int, int]] = []
    start, filled = 0, 0.0
    for index, one in enumerate(sizes):
        if index > start and (filled + one > limit or filled >= wanted * 0.95):
            end = _good_end(sizes, starts, start, index, wanted * 0.6) if starts else index
            groups.append((start, end))
            start, filled = end, sum(sizes[end:index])
        filled += one
    groups.append((start, len(sizes)))
    if len(groups) > 1:
        stub, together = sum(sizes[groups[-1][0] :]), sum(sizes[groups[-2][0] :])
        if stub < limit * 0.15 and together <= limit * WHOLE:
            groups[-2:] = [(groups[-2][0], groups[-1][1])]
    return groups


def _good_end(sizes: Sequence[float], starts: Sequence[bool], start: int, index: int, least: float) -> int:
    """The last place at or before `index` where something begins, if that leaves at least `least`."""
    end = index
    while end > start + 1 and not starts[end]:
        end -= 1
    return end if starts[end] and sum(sizes[start:end]) >= least else index


def _text_cuts(text: str, limit: float) -> list[str]:
    units = [cut for sentence in sentences(text) for cut in _bounded(sentence, limit * LONGEST_SENTENCE)]
    groups = _grouped([size(unit) for unit in units], limit)
    return ["".join(units[start:end]).strip() for start, end in groups]


def _code_cuts(code: str, limit: float) -> list[str]:
    lines = [
        cut for line in code.splitlines(keepends=True) for cut in _bounded(line, limit * LONGEST_SENTENCE)
    ]
    groups = _grouped([size(line) for line in lines], limit)
    return ["".join(lines[start:end]).strip("\n") for start, end in groups]


_SOFT_STOP = re.compile(r"[,，、；;：:\s]")


def _bounded(sentence: str, longest: float) -> Iterator[str]:
    """The sentence itself; what is longer than any sentence is cut at commas and blanks, or else anywhere."""
    while size(sentence) > longest:
        reach = _reach(sentence, longest)
        stops = [match.end() for match in _SOFT_STOP.finditer(sentence, reach // 2, reach)]
        at = stops[-1] if stops else reach
        yield sentence[:at]
        sentence = sentence[at:]
    if sentence:
        yield sentence


def _reach(text: str, longest: float) -> int:
    """How many characters of `text` make up `longest`; at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= longest else (low, middle - 1)
    return low


def _packed(pieces: Sequence[_Piece], limit: float) -> list[list[_Piece]]:
    total = sum(piece.size for piece in pieces)
    if total <= limit * WHOLE:
        return [list(pieces)] if pieces else []
    # A numbered or bulleted point often goes on in the paragraphs below it.
    starts = [piece.kind is BlockKind.LIST and piece.is_start for piece in pieces]
    cuts = _grouped([piece.size for piece in pieces], limit, starts)
    groups = [list(pieces[start:end]) for start, end in cuts]
    # A line that announces a list, table or listing belongs to it, not to the end of the chunk before.
    for before, after in pairwise(groups):
        announces = before[-1].kind is BlockKind.TEXT and before[-1].text.rstrip().endswith(("：", ":"))
        if (
            announces
            and len(before) > 1
            and after[0].kind is not BlockKind.TEXT
            and before[-1].size < limit * 0.2
        ):
            after.insert(0, before.pop())
    return groups


def _chunk(group: Sequence[_Piece], section: Section, *, uri: str, lang: str) -> NewChunk:
    text = "\n".join(piece.text for piece in group).strip()
    markdown = "\n\n".join(piece.markdown for piece in group).strip()
    kinds = {piece.kind for piece in group}
    kind = _KINDS[kinds.pop()] if len(kinds) == 1 else ChunkKind.TEXT
    page, box = _place(group)
    return NewChunk(
        text=text,
        markdown=None if markdown == text else markdown,
        heading_path=section.heading_path,
        kind=kind,
        lang=_language(group, kind, lang),
        locator=Locator(uri, page=page, box=box, anchor=None if page else section.anchor),
    )


def _language(group: Sequence[_Piece], kind: ChunkKind, article: str) -> str:
    # Listings and tables are full of English names in any language; only Chinese in them tells something.
    prose = "\n".join(piece.text for piece in group if piece.kind is not BlockKind.CODE)
    if kind is ChunkKind.TABLE or len(prose) < 40:
        return "zh" if han_count(prose) >= 2 else article
    return language_of(prose, article)


def _place(group: Sequence[_Piece]) -> tuple[int | None, Box | None]:
    page = next((piece.block.page for piece in group if piece.block.page), None)
    boxes = [piece.block.box for piece in group if piece.block.page == page and piece.block.box]
    if not boxes:
        return page, None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return page, (min(lefts), min(tops), max(rights), max(bottoms))
