"""Small pictures of figures, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

_FONT = 'font-family="system-ui, sans-serif" font-size="13"'
_INK, _PALE, _ACCENT, _OTHER = "#3a4250", "#d7dce3", "#1f6feb", "#9aa4b2"


def bars(title: str, values: Mapping[str, float], unit: str, *, marked: str) -> str:
    """Horizontal bars on a logarithmic scale, in the order given; the names that begin with `marked` stand out."""
    left, width, row, top = 330, 360, 26, 44
    low = min(values.values()) / 2
    scale = width / log10(max(values.values()) / low)
    parts = [_text(10, 22, title, bold=True)]
    for number, (name, value) in enumerate(values.items()):
        y = top + number * row
        length = max(log10(value / low) * scale, 2)
        colour = _ACCENT if name.startswith(marked) else _OTHER
        parts += [
            _text(left - 8, y + 14, name, anchor="end"),
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="18" rx="3" fill="{colour}"/>',
            _text(left + length + 6, y + 14, f"{value:.3g} {unit}"),
        ]
    return _svg(left + width + 110, top + len(values) * row + 10, parts)


def lines(title: str, across: Sequence[int], series: Mapping[str, Sequence[float]], unit: str) -> str:
    """Lines over sizes, both scales logarithmic; a series of one value is drawn as a level."""
    left, width, top, height = 60, 470, 44, 250
    known = [value for values in series.values() for value in values]
    low, high = min(known) / 1.5, max(known) * 1.5
    parts = [_text(10, 22, title, bold=True)]

    def x(size: int) -> float:
        return left + width * log10(size / across[0]) / max(log10(across[-1] / across[0]), 1e-9)

    def y(value: float) -> float:
        return top + height * (1 - log10(value / low) / log10(high / low))

    for size in across:
        parts += [
            _line(x(size), top, x(size), top + height, _PALE),
            _text(x(size), top + height + 18, f"{size:,}", anchor="middle"),
        ]
    for number, (name, values) in enumerate(series.items()):
        colour = [_ACCENT, _INK, "#2da44e", "#bf3989", _OTHER][number % 5]
        points = [(x(size), y(value)) for size, value in zip(across, values, strict=False)]
        if len(values) == 1:
            points = [(left, y(values[0])), (left + width, y(values[0]))]
        path = " ".join(f"{at:.1f},{value:.1f}" for at, value in points)
        dash = ' stroke-dasharray="5 4"' if len(values) == 1 else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts += [
            _text(at, value - 6, f"{shown:.3g}", anchor="middle", colour=colour)
            for (at, value), shown in zip(points, values, strict=False)
        ]
        parts.append(_text(left + width + 24, top + 18 + number * 22, f"{name}, {unit}", colour=colour))
    return _svg(left + width + 330, top + height + 34, parts)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False, colour: str = _INK
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" {_FONT}{weight}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
