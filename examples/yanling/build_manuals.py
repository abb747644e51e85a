"""Build the PDF manuals of the sample company from `sources/manuals/*.md`.

Needs reportlab (the `examples` extra) and the fonts in `fonts/`. The same sources give the same
bytes on every run.

    python build_manuals.py [--out DIRECTORY] [--only NAME]
"""

import argparse
from pathlib import Path

import yaml
from manual_layout import REGULAR, Front, Manual, register_fonts, styles
from manual_markdown import Renderer
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import NextPageTemplate, PageBreak, Paragraph, Spacer
from reportlab.platypus.tableofcontents import TableOfContents

HERE = Path(__file__).parent


class MissingCharacterError(ValueError):
    """A source uses characters that the committed fonts lack; run build_fonts.py."""


def build(source: Path, out: Path) -> Path:
    """Build one manual into `out` and return its path; the fonts are registered already."""
    text = source.read_text("utf-8")
    _, head, body = text.split("---\n", 2)
    front: Front = yaml.safe_load(head)
    target = out / f"{source.stem}.pdf"
    look = styles(front["language"])
    contents = TableOfContents(dotsMinLevel=0, levelStyles=[look["toc1"], look["toc2"]])
    opening = [
        NextPageTemplate("body"),
        Spacer(1, 1),
        PageBreak(),
        Paragraph(front["contents"], look["contents"]),
        contents,
    ]
    manual = Manual(target, front)
    manual.multiBuild(opening + Renderer(front["language"]).flowables(body))
    return target


def check_characters() -> None:
    """Raise MissingCharacterError unless the fonts can print every source and every figure."""
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    for path in (*HERE.glob("sources/manuals/*.md"), *HERE.glob("manual_*.py")):
        text = path.read_text("utf-8")
        missing = {char for char in text if ord(char) not in known and not char.isspace()}
        if missing:
            raise MissingCharacterError(f"{path.name}: {''.join(sorted(missing))}")


def main() -> None:
    """Build all manuals into `knowledge/manuals/`, or elsewhere with --out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "knowledge" / "manuals")
    parser.add_argument("--only", default="*", help="stem of one source")
    arguments = parser.parse_args()
    register_fonts(HERE / "fonts")
    check_characters()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for source in sorted(HERE.glob(f"sources/manuals/{arguments.only}.md")):
        print(build(source, arguments.out))


if __name__ == "__main__":
    main()
