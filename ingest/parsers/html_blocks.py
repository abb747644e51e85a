"""HTML to blocks: the one walker behind HTML, Markdown and reStructuredText files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.parsers import tables
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, Part

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED_NAMES = (
    "script style noscript template head nav iframe svg canvas form button input select textarea video "
    "audio object embed colgroup col map link meta"
)
_DROPPED = frozenset(_DROPPED_NAMES.split())
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer h1 h2 h3 h4 h5 h6 header hgroup hr li main menu ol p pre search section summary table tbody td tfoot th "
    "thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())  # every other tag is part of a line, unknown ones too
_BLOCKS_INSIDE = ",".join(sorted(_BLOCKS - {"body", "caption", "td", "th", "tr", "tbody", "thead", "tfoot"}))
_BREAK = "\v"  # a line break that was asked for, until white space has been squeezed
_WRAPPED = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~"}


@dataclass(frozen=True)
class Inline:
    """A run of text as indexed and as shown."""

    text: str
    markdown: str


def parse_html(source: str) -> tuple[Block, ...]:
    """The blocks of a whole HTML document or of a fragment, in reading order."""
    body = LexborHTMLParser(source).body
    return tuple(walk(body)) if body is not None else ()


def walk(node: LexborNode) -> Iterator[Block]:
    """The blocks inside `node`; loose inline content becomes paragraphs."""
    run: list[LexborNode] = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == "-text" or (tag not in _BLOCKS and tag not in _DROPPED and not _holds_blocks(child)):
            run.append(child)
            continue
        yield from _paragraph(run)
        run = []
        if tag not in _DROPPED and not _is_hidden(child):
            yield from _block(child, tag)
    yield from _paragraph(run)


def _holds_blocks(node: LexborNode) -> bool:
    return node.first_child is not None and node.css_first(_BLOCKS_INSIDE) is not None


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or "headerlink" in _classes(node)


def _classes(node: LexborNode) -> set[str]:
    return set((node.attributes.get("class") or "").split())


def _block(node: LexborNode, tag: str) -> Iterator[Block]:
    if tag in _HEADINGS:
        yield from _heading(node, _HEADINGS[tag])
    elif tag == "pre":
        yield from _code(node)
    elif tag in {"ul", "ol"}:
        yield from _list(node)
    elif tag == "dl":
        yield from _definitions(node)
    elif tag == "table":
        yield from _table(node)
    elif tag in {"summary", "figcaption", "caption", "dt"}:
        yield from _paragraph(list(node.iter(include_text=True)))
    elif "line-block" in _classes(node):
        yield from _line_block(node)
    else:
        yield from walk(node)


def _line_block(node: LexborNode) -> Iterator[Block]:
    lines = [inline([line]) for line in node.css(".line")]
    if lines:
        text = "\n".join(line.text for line in lines)
        yield Block(kind=BlockKind.TEXT, text=text, markdown="  \n".join(line.markdown for line in lines))


def _heading(node: LexborNode, level: int) -> Iterator[Block]:
    found = inline(list(node.iter(include_text=True)))
    text = found.text.rstrip("¶#").strip()
    if text:
        anchor = node.attributes.get("id") or _section_id(node)
        yield Block(kind=BlockKind.HEADING, text=text, markdown=found.markdown, level=level, anchor=anchor)


def _section_id(node: LexborNode) -> str | None:
    parent = node.parent
    return parent.attributes.get("id") if parent is not None and parent.tag in {"section", "div"} else None


def _paragraph(nodes: list[LexborNode]) -> Iterator[Block]:
    found = inline(nodes)
    if found.text:
        yield Block(kind=BlockKind.TEXT, text=found.text, markdown=found.markdown)


def inline(nodes: list[LexborNode]) -> Inline:
    """Text and Markdown of inline nodes; line breaks that were asked for stay."""
    lines = [squeeze(clean(line)) for line in "".join(_plain(node) for node in nodes).split(_BREAK)]
    shown = [squeeze(clean(line)) for line in "".join(_markdown(node) for node in nodes).split(_BREAK)]
    return Inline("\n".join(filter(None, lines)), "  \n".join(filter(None, shown)))


def _plain(node: LexborNode) -> str:
    tag = node.tag
    if tag == "-text":
        return (node.text_content or "").replace(_BREAK, " ")
    if tag == "br":
        return _BREAK
    if tag == "img":
        return node.attributes.get("alt") or ""
    if tag in _DROPPED or _is_hidden(node):
        return ""
    inside = "".join(_plain(child) for child in node.iter(include_text=True))
    return f" {inside} " if tag in _BLOCKS else inside


def _markdown(node: LexborNode) -> str:
    tag = node.tag or ""
    if tag == "-text":
        return escape_markdown((node.text_content or "").replace(_BREAK, " "))
    if tag in {"br", "img"} or tag in _DROPPED or _is_hidden(node):
        return escape_markdown(_plain(node)) if tag in {"br", "img"} else ""
    if tag in {"code", "tt", "kbd", "samp"}:
        return _code_span(squeeze(_plain(node)))
    inside = "".join(_markdown(child) for child in node.iter(include_text=True))
    bare = inside.strip()
    if not bare:
        return inside
    if tag == "a":
        return _link(bare, node.attributes.get("href") or "")
    if tag in _WRAPPED and _BREAK not in bare:
        mark = _WRAPPED[tag]
        return inside.replace(bare, f"{mark}{bare}{mark}", 1)
    return f" {inside} " if tag in _BLOCKS else inside


def _code_span(text: str) -> str:
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _link(text: str, href: str) -> str:
    # A relative address leads nowhere once the page is an article; its words stay.
    if not href.startswith(("http://", "https://", "mailto:")) or any(sign in href for sign in " <>\n"):
        return text
    return f"[{text}]({href.replace('(', '%28').replace(')', '%29')})"


def _code(node: LexborNode) -> Iterator[Block]:
    for line_number in node.css(".lineno, .linenos"):
        line_number.decompose()
    code = clean(node.text(deep=True)).strip("\n").rstrip()
    if not code.strip():
        return
    inner = node.css_first("code")
    classes = _classes(node) | (_classes(inner) if inner is not None else set())
    language = next((name.partition("-")[2] for name in sorted(classes) if name.startswith("language-")), "")
    fence = "````" if "```" in code else "```"
    yield Block(kind=BlockKind.CODE, text=code, markdown=f"{fence}{language}\n{code}\n{fence}")


@dataclass(frozen=True)
class _Item:
    mark: str
    blocks: tuple[Block, ...]

    @property
    def is_plain(self) -> bool:
        return all(block.kind in {BlockKind.TEXT, BlockKind.LIST} for block in self.blocks)


def _list(node: LexborNode) -> Iterator[Block]:
    items = [item for item in _items(node) if item.blocks]
    run: list[Part] = []
    for item in items:
        if item.is_plain:
            run.append(_item_part(item))
            continue
        # A step with a listing or table inside keeps its number and stands as blocks of its own.
        yield from _list_block(run)
        run = []
        first, *rest = item.blocks
        yield (
            replace(first, text=f"{item.mark} {first.text}", markdown=f"{item.mark} {first.markdown}")
            if (first.kind is BlockKind.TEXT)
            else first
        )
        yield from rest
    yield from _list_block(run)


def _items(node: LexborNode) -> Iterator[_Item]:
    start = node.attributes.get("start") or "1"
    number = int(start) if start.isdigit() else 1
    for child in node.iter():
        if child.tag == "li":
            yield _Item(f"{number}." if node.tag == "ol" else "-", tuple(walk(child)))
            number += 1
        elif child.tag in {"ul", "ol"}:
            yield _Item("-", tuple(walk(child)))


def _item_part(item: _Item) -> Part:
    pad = " " * (len(item.mark) + 1)
    text = "\n".join(block.text for block in item.blocks)
    markdown = "\n".join(
        block.markdown if block.kind is BlockKind.LIST or index == 0 else f"\n{block.markdown}"
        for index, block in enumerate(item.blocks)
    )
    return Part(f"{item.mark} {_indent(text, pad)}", f"{item.mark} {_indent(markdown, pad)}")


def _indent(text: str, pad: str) -> str:
    return text.replace("\n", "\n" + pad)


def _list_block(parts: list[Part]) -> Iterator[Block]:
    if parts:
        yield Block(
            kind=BlockKind.LIST,
            text="\n".join(part.text for part in parts),
            markdown="\n".join(part.markdown for part in parts),
            parts=tuple(parts),
        )


def _definitions(node: LexborNode) -> Iterator[Block]:
    term = ""
    for child in node.iter():
        if child.tag == "dt":
            term = inline(list(child.iter(include_text=True))).text
        elif child.tag == "div":
            yield from _definitions(child)
        elif child.tag == "dd":
            blocks = list(walk(child))
            if term and blocks and blocks[0].kind is BlockKind.TEXT:
                first = blocks[0]
                sign = "：" if not term.isascii() else ": "
                blocks[0] = replace(
                    first,
                    text=f"{term}{sign}{first.text}",
                    markdown=f"**{escape_markdown(term)}**{sign}{first.markdown}",
                )
            elif term:
                blocks.insert(
                    0, Block(kind=BlockKind.TEXT, text=term, markdown=f"**{escape_markdown(term)}**")
                )
            yield from blocks
            term = ""
    if term:
        yield Block(kind=BlockKind.TEXT, text=term, markdown=escape_markdown(term))


def _table(node: LexborNode) -> Iterator[Block]:
    caption = node.css_first("caption")
    if caption is not None:
        yield from _paragraph(list(caption.iter(include_text=True)))
    if node.css_first("table table") is not None or _is_layout(node):
        yield from _layout_table(node)
        return
    rows: list[list[tables.Cell]] = []
    header_rows = 0
    for row in node.css("tr"):
        cells = [_cell(cell) for cell in row.iter() if cell.tag in {"td", "th"}]
        if cells:
            parent = row.parent
            only_heads = all(cell.tag == "th" for cell in row.iter() if cell.tag in {"td", "th"})
            if len(rows) == header_rows and ((parent is not None and parent.tag == "thead") or only_heads):
                header_rows += 1
            rows.append(cells)
    yield from tables.table_blocks(rows, header_rows=header_rows or None)


def _is_layout(node: LexborNode) -> bool:
    if node.attributes.get("role") in {"presentation", "none"}:
        return True
    return (
        node.css_first("th") is None
        and node.css_first("td h1, td h2, td h3, td pre, td p + p + p + p") is not None
    )


def _layout_table(node: LexborNode) -> Iterator[Block]:
    for part in node.iter():
        if part.tag in {"tbody", "thead", "tfoot", "tr"}:
            yield from _layout_table(part)
        elif part.tag in {"td", "th"}:
            yield from walk(part)


def _cell(node: LexborNode) -> tables.Cell:
    blocks = list(walk(node))
    text = "\n".join(block.text for block in blocks)
    markdown = " ".join(
        _code_span(squeeze(block.text)) if block.kind is BlockKind.CODE else block.markdown
        for block in blocks
    )
    return tables.Cell(text, markdown, _span(node, "colspan"), _span(node, "rowspan"))


def _span(node: LexborNode, name: str) -> int:
    value = node.attributes.get(name) or "1"
    return min(int(value), 100) if value.isdigit() and int(value) > 0 else 1
