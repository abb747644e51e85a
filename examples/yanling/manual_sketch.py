"""Strokes for technical figures, and the register of figures. Coordinates are points."""

from collections.abc import Callable, Sequence
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import HexColor

INK, PETROL, AMBER, MIST, GREY = map(HexColor, ("#1d2730", "#0b4f6c", "#e08e1b", "#eef4f7", "#9fb0ba"))
FIGURES: dict[str, Callable[["Sketch"], None]] = {}
SIZES: dict[str, tuple[float, float]] = {}


class Sketch:
    """A drawing with the few strokes that technical figures need, labelled in one language."""

    def __init__(self, width: float, height: float, language: str) -> None:
        self.drawing = Drawing(width, height)
        self.chinese = language == "zh"

    def say(self, zh: str, en: str) -> str:
        return zh if self.chinese else en

    def text(self, x: float, y: float, words: str, *, size: float = 9, anchor: str = "middle") -> None:
        font = "Yanling"
        self.drawing.add(String(x, y, words, fontName=font, fontSize=size, textAnchor=anchor, fillColor=INK))

    def box(self, x: float, y: float, w: float, h: float, words: str = "", *, fill: Any = MIST) -> None:
        self.drawing.add(Rect(x, y, w, h, rx=3, ry=3, fillColor=fill, strokeColor=PETROL, strokeWidth=1.2))
        for line, part in enumerate(words.split("\n") if words else []):
            middle = y + h / 2 - 3 + 6 * (words.count("\n") - 2 * line)
            self.text(x + w / 2, middle, part)

    def line(self, *points: float, colour: Any = INK, width: float = 1.1, dash: Any = None) -> None:
        self.drawing.add(PolyLine(list(points), strokeColor=colour, strokeWidth=width, strokeDashArray=dash))

    def arrow(self, x1: float, y1: float, x2: float, y2: float, *, colour: Any = INK) -> None:
        self.drawing.add(Line(x1, y1, x2, y2, strokeColor=colour, strokeWidth=1.1))
        length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1e-6)
        ux, uy = (x2 - x1) / length * 6, (y2 - y1) / length * 6
        head = [x2, y2, x2 - ux + uy / 2, y2 - uy - ux / 2, x2 - ux - uy / 2, y2 - uy + ux / 2]
        self.drawing.add(Polygon(head, fillColor=colour, strokeColor=colour, strokeWidth=0.5))

    def measure(self, x1: float, y1: float, x2: float, y2: float, words: str) -> None:
        self.arrow(x1, y1, x2, y2, colour=GREY)
        self.arrow(x2, y2, x1, y1, colour=GREY)
        flat = abs(y1 - y2) < 1
        self.text(
            (x1 + x2) / 2 + (0 if flat else 5), (y1 + y2) / 2 + (4 if flat else -3), words,
            anchor="middle" if flat else "start",
        )  # fmt: skip

    def circle(self, x: float, y: float, r: float, words: str = "", *, fill: Any = MIST) -> None:
        self.drawing.add(Circle(x, y, r, fillColor=fill, strokeColor=PETROL, strokeWidth=1.2))
        if words:
            self.text(x, y - 3, words)

    def chart(self, x_words: str, y_words: str, x_ticks: Sequence[str], y_ticks: Sequence[str]) -> None:
        """Axes over the whole drawing; ticks are spread evenly from the origin (50, 36)."""
        w, h = self.drawing.width - 90, self.drawing.height - 60
        self.arrow(50, 36, 50, 36 + h + 12)
        self.arrow(50, 36, 50 + w + 14, 36)
        for i, words in enumerate(x_ticks):
            x = 50 + w * i / (len(x_ticks) - 1)
            self.line(x, 36, x, 33)
            self.text(x, 22, words, size=8)
        for i, words in enumerate(y_ticks):
            y = 36 + h * i / (len(y_ticks) - 1)
            self.line(47, y, 50, y)
            self.line(50, y, 50 + w, y, colour=MIST, width=0.6)
            self.text(44, y - 3, words, size=8, anchor="end")
        self.text(50 + w / 2, 6, x_words, size=8.5)
        self.text(56, 36 + h + 14, y_words, size=8.5, anchor="start")

    def curve(self, points: Sequence[tuple[float, float]], *, colour: Any = PETROL) -> None:
        """A line through `points` given as shares (0 to 1) of the axes of `chart`."""
        w, h = self.drawing.width - 90, self.drawing.height - 60
        flat = [value for x, y in points for value in (50 + w * x, 36 + h * y)]
        self.line(*flat, colour=colour, width=2)


def figure(width: float, height: float) -> Callable[[Callable[[Sketch], None]], Callable[[Sketch], None]]:
    """Register the decorated function as the figure of its name."""

    def register(function: Callable[[Sketch], None]) -> Callable[[Sketch], None]:
        FIGURES[function.__name__], SIZES[function.__name__] = function, (width, height)
        return function

    return register
