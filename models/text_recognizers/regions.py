"""From a map of how likely each pixel belongs to text to rectangles around lines of text, with numpy alone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PIXEL = 0.3  # from this likelihood on a pixel is text
_REGION = 0.5  # from this mean likelihood on a region is
_GROWTH = 1.6  # the network is trained on shrunken lines; area by perimeter times this is what they lack
_MIN_SIDE = 3.0
_MAX_REGIONS = 3000

Point = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A rectangle that may be slanted: corners from its top left clockwise, in reading direction."""

    corners: tuple[Point, Point, Point, Point]

    @property
    def width(self) -> float:
        return math.dist(self.corners[0], self.corners[1])

    @property
    def height(self) -> float:
        return math.dist(self.corners[0], self.corners[3])

    @property
    def slant(self) -> float:
        """By how much it sinks for every pixel to the right."""
        (x0, y0), (x1, y1), *_rest = self.corners
        return (y1 - y0) / max(x1 - x0, 1.0)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The upright rectangle around it: left, top, right, bottom."""
        across, down = zip(*self.corners, strict=True)
        return min(across), min(down), max(across), max(down)

    def scaled(self, across: float, down: float) -> Region:
        first, second, third, fourth = ((x * across, y * down) for x, y in self.corners)
        return Region((first, second, third, fourth))


def regions_of(likelihood: NDArray[Any]) -> list[Region]:
    """The lines of text in a map of shape (height, width) with values from 0 to 1, in its pixels."""
    found: list[Region] = []
    for runs in _components(likelihood > _PIXEL):
        if _mean(likelihood, runs) < _REGION:
            continue
        region = _smallest_rectangle(_outline(runs))
        if region is not None and min(region.width, region.height) >= _MIN_SIDE:
            found.append(_grown(region))
        if len(found) >= _MAX_REGIONS:
            break
    return found


Run = tuple[int, int, int]  # row, first column, column after the last


def _runs(mask: NDArray[np.bool_]) -> tuple[list[Run], list[int]]:
    """Unbroken horizontal runs of set pixels, and where the runs of each row begin in that list."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    offsets = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    return list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)), offsets


def _components(mask: NDArray[np.bool_]) -> Iterator[list[Run]]:
    """Runs that touch, also at corners, belong together."""
    runs, offsets = _runs(mask)
    parent = list(range(len(runs)))

    def top(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for before, start, end in zip(offsets, offsets[1:], offsets[2:], strict=False):
        above, below = before, start
        while above < start and below < end:
            if runs[above][1] <= runs[below][2] and runs[below][1] <= runs[above][2]:
                parent[top(below)] = top(above)
            if runs[above][2] < runs[below][2]:
                above += 1
            else:
                below += 1
    grouped: dict[int, list[Run]] = defaultdict(list)
    for index, run in enumerate(runs):
        grouped[top(index)].append(run)
    yield from grouped.values()


def _mean(likelihood: NDArray[Any], runs: list[Run]) -> float:
    total = sum(float(likelihood[row, start:end].sum()) for row, start, end in runs)
    return total / sum(end - start for _row, start, end in runs)


def _outline(runs: list[Run]) -> list[Point]:
    """The convex hull of a component, counter-clockwise."""
    points = {(float(x), float(y)) for row, start, end in runs for x in (start, end) for y in (row, row + 1)}
    ordered = sorted(points)
    lower, upper = _half_hull(ordered), _half_hull(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _half_hull(points: list[Point]) -> list[Point]:
    hull: list[Point] = []
    for x, y in points:
        while len(hull) >= 2:
            (x0, y0), (x1, y1) = hull[-2], hull[-1]
            if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                break
            hull.pop()
        hull.append((x, y))
    return hull


def _smallest_rectangle(hull: list[Point]) -> Region | None:
    """The rectangle of least area around a hull; one of its sides lies on a side of the hull."""
    if len(hull) < 3:
        return None
    points = np.array(hull)
    angles = {
        math.atan2(y1 - y0, x1 - x0) % (math.pi / 2) for (x0, y0), (x1, y1) in pairwise([*hull, hull[0]])
    }
    best: tuple[float, float, NDArray[Any], NDArray[Any]] | None = None
    for angle in sorted(angles):
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        seen = points @ turn
        low, high = seen.min(axis=0), seen.max(axis=0)
        area = float(np.prod(high - low))
        if best is None or area < best[0] - 1e-6:
            best = area, angle, low, high
    if best is None:
        return None
    _area, angle, low, high = best
    back = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])]) @ back
    return _in_reading_direction([(float(x), float(y)) for x, y in corners])


def _in_reading_direction(corners: list[Point]) -> Region:
    """The same rectangle, its first side being the one that points most to the right."""
    first = max(range(4), key=lambda place: corners[(place + 1) % 4][0] - corners[place][0])
    turned = corners[first:] + corners[:first]
    return Region((turned[0], turned[1], turned[2], turned[3]))


def _grown(region: Region) -> Region:
    wide, high = region.width, region.height
    more = wide * high * _GROWTH / (2 * (wide + high))
    (x0, y0), (x1, y1), _third, (x3, y3) = region.corners
    along = ((x1 - x0) / wide * more, (y1 - y0) / wide * more)
    down = ((x3 - x0) / high * more, (y3 - y0) / high * more)
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    first, second, third, fourth = (
        (x + a * along[0] + b * down[0], y + a * along[1] + b * down[1])
        for (x, y), (a, b) in zip(region.corners, signs, strict=True)
    )
    return Region((first, second, third, fourth))
