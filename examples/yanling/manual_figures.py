"""The drawn figures of the manuals, by name."""

import manual_figures_drives  # noqa: F401 - registers its figures
import manual_figures_instruments  # noqa: F401 - registers its figures
from manual_sketch import FIGURES, SIZES, Sketch
from reportlab.graphics.shapes import Drawing


def draw(name: str, language: str) -> Drawing:
    """The figure `name` with labels in `language` (zh or en); raises KeyError for an unknown one."""
    sketch = Sketch(*SIZES[name], language)
    FIGURES[name](sketch)
    return sketch.drawing
