"""Page layout of the manuals: fonts, styles, cover, running headers and footers, contents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import manual_figures
from reportlab.graphics import renderPDF
from reportlab.lib import textsplit
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, paragraph

INK, PETROL, AMBER, MIST = map(HexColor, ("#1d2730", "#0b4f6c", "#e08e1b", "#eef4f7"))
REGULAR, BOLD = "Yanling", "Yanling-Bold"
WIDTH, HEIGHT = A4
MARGIN = 22 * mm
TEXT_WIDTH = WIDTH - 2 * MARGIN

Front = Mapping[str, Any]  # the YAML head of a manual source


def register_fonts(folder: Path) -> None:
    """Make the two committed Chinese-and-Latin fonts known to reportlab."""
    for name, weight in ((REGULAR, "Regular"), (BOLD, "Bold")):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"NotoSansCJKsc-{weight}-subset.ttf")))
    # reportlab knows the Japanese marks that may not start a line, not all the Chinese ones
    for module in (paragraph, textsplit):
        module.ALL_CANNOT_START += "，；：！？）》」”％℃、。"
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def styles(language: str) -> dict[str, ParagraphStyle]:
    """Paragraph styles by role; Chinese lines may break between any two characters."""
    body = ParagraphStyle(
        "body",
        fontName=REGULAR,
        fontSize=10,
        leading=16 if language == "zh" else 14.5,
        textColor=INK,
        spaceAfter=6,
        wordWrap="CJK" if language == "zh" else None,
    )

    def variant(name: str, **changes: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=body, **changes)

    return {
        "body": body,
        "h1": variant("h1", fontName=BOLD, fontSize=20, leading=27, textColor=PETROL, spaceAfter=12),
        "h2": variant(
            "h2", fontName=BOLD, fontSize=13.5, leading=19, textColor=PETROL, spaceBefore=10, keepWithNext=1
        ),
        "h3": variant("h3", fontName=BOLD, fontSize=11, leading=16, spaceBefore=6, keepWithNext=1),
        "cell": variant("cell", fontSize=8.8, leading=12.2, spaceAfter=0),
        "head": variant("head", fontName=BOLD, fontSize=8.8, leading=12.2, spaceAfter=0, textColor=white),
        "caption": variant("caption", fontSize=8.8, leading=12, alignment=TA_CENTER, spaceAfter=10),
        "code": variant("code", fontSize=8.8, leading=12.5, leftIndent=6, wordWrap=None),
        "warning": variant("warning", spaceAfter=0),
        "toc1": variant("toc1", fontName=BOLD, leading=17, spaceAfter=0),
        "toc2": variant("toc2", leading=13.6, leftIndent=14, spaceAfter=0),
        "contents": variant(
            "contents", fontName=BOLD, fontSize=20, leading=27, textColor=PETROL, spaceAfter=12
        ),
    }


class Manual(BaseDocTemplate):  # type: ignore[misc, unused-ignore]  # reportlab has no types
    """A manual: cover page, then pages with the chapter above and the page number below."""

    def __init__(self, target: Path, front: Front) -> None:
        super().__init__(
            str(target),
            pagesize=A4,
            title=front["title"],
            author="Yanling Controls",
            subject=front["number"],
            lang=front["language"],
            invariant=1,  # no time stamps: the same source gives the same bytes
        )
        self.front = front
        self.chapter = ""
        body = Frame(MARGIN, 24 * mm, TEXT_WIDTH, HEIGHT - 50 * mm, 0, 0, 0, 0, id="body")
        full = Frame(0, 0, WIDTH, HEIGHT, 0, 0, 0, 0, id="full")
        self.addPageTemplates(
            [
                PageTemplate("cover", [body], onPage=self._draw_cover),
                PageTemplate("body", [body], onPageEnd=self._draw_running_lines),
                PageTemplate("scan", [full]),
            ]
        )

    def beforeDocument(self) -> None:  # noqa: N802 - reportlab's name
        """Each pass of the contents starts without a chapter."""
        self.chapter = ""

    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802 - reportlab's name
        """Tell the contents, the bookmarks and the running header about each heading."""
        level = {"h1": 0, "h2": 1}.get(getattr(getattr(flowable, "style", None), "name", ""))
        if level is None or not isinstance(flowable, Paragraph):
            return
        text = flowable.getPlainText()
        key = f"heading-{self.seq.nextf('heading')}" if hasattr(self, "seq") else f"{self.page}-{text}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level=level, closed=level == 0)
        self.notify("TOCEntry", (level, text, self.page, key))
        if level == 0:
            self.chapter = text

    def _draw_running_lines(self, canvas: Any, _document: Any) -> None:
        canvas.saveState()
        canvas.setFillColor(PETROL)
        canvas.setFont(REGULAR, 8)
        canvas.drawString(MARGIN, HEIGHT - 15 * mm, self.front["running"])
        canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 15 * mm, self.chapter)
        canvas.setStrokeColor(AMBER)
        canvas.setLineWidth(0.8)
        canvas.line(MARGIN, HEIGHT - 17 * mm, WIDTH - MARGIN, HEIGHT - 17 * mm)
        canvas.drawString(MARGIN, 12 * mm, f"{self.front['number']} · {self.front['edition']}")
        canvas.drawRightString(WIDTH - MARGIN, 12 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    def _draw_cover(self, canvas: Any, _document: Any) -> None:
        front = self.front
        canvas.saveState()
        canvas.setFillColor(PETROL)
        canvas.rect(0, HEIGHT * 0.58, WIDTH, HEIGHT * 0.42, stroke=0, fill=1)
        canvas.setFillColor(AMBER)
        canvas.rect(0, HEIGHT * 0.58 - 3 * mm, WIDTH, 3 * mm, stroke=0, fill=1)
        canvas.setFillColor(white)
        canvas.setFont(BOLD, 13)
        canvas.drawString(MARGIN, HEIGHT - 30 * mm, "砚岭自控  Yanling Controls")
        canvas.setFont(BOLD, 30)
        for line, text in enumerate(front["cover"]):
            canvas.drawString(MARGIN, HEIGHT - (62 + 14 * line) * mm, text)
        canvas.setFont(REGULAR, 14)
        canvas.drawString(MARGIN, HEIGHT - 105 * mm, front["subtitle"])
        canvas.setFillColor(INK)
        canvas.setFont(REGULAR, 10)
        for line, text in enumerate((front["number"], front["edition"], front["firmware"])):
            canvas.drawString(MARGIN, (34 - 6 * line) * mm, text)
        figure = manual_figures.draw(front["cover_figure"], front["language"])
        renderPDF.draw(figure, canvas, (WIDTH - figure.width) / 2, HEIGHT * 0.58 - 30 * mm - figure.height)
        canvas.restoreState()
