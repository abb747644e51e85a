"""Turn the Markdown source of a manual into reportlab flowables."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import manual_figures
import manual_scan
from manual_layout import AMBER, BOLD, MIST, PETROL, REGULAR, TEXT_WIDTH, styles
from markdown_it import MarkdownIt
from markdown_it.token import Token
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import (
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageBreak,
    Paragraph,
    Preformatted,
    Spacer,
    Table,
    TableStyle,
)

CELL_PADDING = 5
BOX = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, -1), MIST),
        ("LINEBEFORE", (0, 0), (0, -1), 3, AMBER),
        ("LEFTPADDING", (0, 0), (-1, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
)
CENTRED = TableStyle([("ALIGN", (0, 0), (-1, -1), "CENTER")])
GRID = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), PETROL),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [None, MIST]),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, PETROL),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)


class Renderer:
    """Renders one source; `language` chooses line breaking and the words in figures.

    Beyond CommonMark: `![caption](figure:name)` draws a figure, `![](scan:name)` makes a page that
    is only an image, `> text` is a warning box, and a paragraph `{lang: en}` changes the language.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.styles = styles(language)
        self.figures = 0

    def flowables(self, markdown: str) -> list[Any]:
        """All flowables of the source; every chapter (`#`) starts a page."""
        tokens = iter(MarkdownIt("commonmark").enable("table").parse(markdown))
        story: list[Any] = []
        for token in tokens:
            story += self._block(token, tokens)
        return story

    def _block(self, token: Token, tokens: Iterator[Token]) -> list[Any]:
        match token.type:
            case "heading_open":
                heading = Paragraph(_markup(next(tokens)), self.styles[token.tag])
                return [PageBreak(), heading] if token.tag == "h1" else [heading]
            case "paragraph_open":
                return self._paragraph(next(tokens))
            case "bullet_list_open" | "ordered_list_open":
                return [self._list(token, tokens)]
            case "table_open":
                return [self._table(tokens)]
            case "fence":
                code = Preformatted(token.content.rstrip(), self.styles["code"])
                return [Table([[code]], colWidths=[TEXT_WIDTH], style=BOX, spaceAfter=8)]
            case "blockquote_open":
                return [self._warning(tokens)]
        return []

    def _paragraph(self, inline: Token) -> list[Any]:
        child = (inline.children or [inline])[0]
        if child.type == "image":
            return self._image(child)
        if inline.content.startswith("{lang:"):
            self.language = inline.content[6:].strip(" }")
            self.styles = styles(self.language)
            return []
        return [Paragraph(_markup(inline), self.styles["body"])]

    def _image(self, token: Token) -> list[Any]:
        kind, name = str(token.attrs["src"]).split(":")
        if kind == "scan":
            page = manual_scan.page(name)
            return [NextPageTemplate("scan"), PageBreak(), page, NextPageTemplate("body")]
        self.figures += 1
        word = "图" if self.language == "zh" else "Figure"
        caption = Paragraph(f"{word} {self.figures}　{escape(token.content)}", self.styles["caption"])
        drawing = manual_figures.draw(name, self.language)
        drawing.hAlign = "CENTER"
        # one table cell never splits, so a heading before it stays on the same page
        block = [Spacer(1, 6), drawing, Spacer(1, 4), caption]
        return [Table([[block]], colWidths=[TEXT_WIDTH], style=CENTRED, spaceAfter=8)]

    def _list(self, opening: Token, tokens: Iterator[Token]) -> ListFlowable:
        ordered = opening.type.startswith("ordered")
        closing = opening.type.replace("open", "close")
        items = []
        for token in tokens:
            if token.type == closing:
                break
            if token.type == "inline":
                items.append(ListItem(Paragraph(_markup(token), self.styles["body"]), spaceAfter=0))
        return ListFlowable(
            items,
            bulletType="1" if ordered else "bullet",
            start=None if ordered else "•",
            bulletFormat="%s." if ordered else None,
            bulletFontName=BOLD if ordered else REGULAR,
            bulletFontSize=10,
            bulletColor=PETROL,
            leftIndent=18,
            spaceAfter=6,
        )

    def _warning(self, tokens: Iterator[Token]) -> Table:
        parts = []
        for token in tokens:
            if token.type == "blockquote_close":
                break
            if token.type == "inline":
                parts.append(Paragraph(_markup(token), self.styles["warning"]))
        return Table([[parts]], colWidths=[TEXT_WIDTH], style=BOX, spaceAfter=8)

    def _table(self, tokens: Iterator[Token]) -> Table:
        rows: list[list[Token]] = []
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token)
        look = [self.styles["head"]] + [self.styles["cell"]] * (len(rows) - 1)
        cells = [
            [Paragraph(_markup(cell), style) for cell in row] for row, style in zip(rows, look, strict=True)
        ]
        return Table(cells, colWidths=_column_widths(rows), style=GRID, repeatRows=1, spaceAfter=10)


def _column_widths(rows: Sequence[Sequence[Token]]) -> list[float]:
    """Widths in points that fill the text width: short columns get what they need, long ones share."""
    needs = [
        max(stringWidth(cell.content, BOLD, 8.8) for cell in column) + 2 * CELL_PADDING + 2
        for column in zip(*rows, strict=True)
    ]
    if sum(needs) <= TEXT_WIDTH:
        return [need * TEXT_WIDTH / sum(needs) for need in needs]
    fair = TEXT_WIDTH / len(needs)
    narrow = sum(need for need in needs if need <= fair)
    wide = sum(need for need in needs if need > fair)
    return [need if need <= fair else need * (TEXT_WIDTH - narrow) / wide for need in needs]


def _markup(inline: Token) -> str:
    """Inline Markdown as reportlab's little XML."""
    tags = {"strong_open": "<b>", "strong_close": "</b>", "softbreak": " ", "hardbreak": "<br/>"}
    return "".join(
        escape(child.content) if child.type in {"text", "code_inline"} else tags.get(child.type, "")
        for child in inline.children or []
    )
