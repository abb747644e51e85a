"""Cut the two fonts of the manuals out of Noto Sans CJK SC: needed once, results are committed.

Noto Sans CJK has cubic (CFF) outlines in a collection; PDF writing wants one TrueType file that
holds only what the manuals can print: Latin, punctuation, common symbols and the 3,755 everyday
Chinese characters of GB 2312 level 1, plus whatever else the sources use. Run it again only if
`build_manuals.py` reports a missing character. Needs `pip install fonttools` and the two .ttc
files of Noto Sans CJK (Debian: fonts-noto-cjk).

    python build_fonts.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc
"""

import sys
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-not-found, unused-ignore]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-not-found, unused-ignore]
from fontTools.subset import Options, Subsetter  # type: ignore[import-not-found, unused-ignore]
from fontTools.ttLib import TTFont, newTable  # type: ignore[import-not-found, unused-ignore]

HERE = Path(__file__).parent
SIMPLIFIED_CHINESE = 2  # position of the SC face in the collection
LARGEST_ERROR = 1.0  # font units (1000 per em) a quadratic curve may stray from the cubic one
SYMBOLS = "•−–φ·—‘’“”…℃°±×÷≤≥≠≈→←↑↓▲△▼●○■□✓Ωμµ²³½①②③④⑤⑥⑦⑧⑨★※§©®™％‰"


def everyday_characters() -> set[str]:
    """ASCII, symbols, CJK punctuation, GB 2312 level 1 and all that the manuals use."""
    rows = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    level_1 = {bytes(pair).decode("gb2312", errors="ignore") for pair in rows}
    wide = {chr(code) for code in (*range(0x3000, 0x3020), *range(0xFF01, 0xFF5F))}
    texts = [*HERE.glob("sources/manuals/*.md"), *HERE.glob("manual_*.py")]  # figures hold words too
    used = {char for path in texts for char in path.read_text("utf-8")}
    everything = {chr(code) for code in range(0x20, 0x7F)} | level_1 | wide | set(SYMBOLS) | used
    return {char for char in everything if char.isprintable() and char}


def to_quadratic(font: Any) -> None:
    """Replace the CFF outlines of `font` with TrueType ones, in place."""
    order, glyphs = font.getGlyphOrder(), font.getGlyphSet()
    outlines = newTable("glyf")
    outlines.glyphs = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, LARGEST_ERROR, reverse_direction=True))
        outlines.glyphs[name] = pen.glyph()
    outlines.glyphOrder = order
    font["loca"], font["glyf"] = newTable("loca"), outlines
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    metrics = font["maxp"]
    metrics.tableVersion = 0x00010000
    for field in ("Zones", "TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs"):
        setattr(metrics, f"max{field}", 1 if field == "Zones" else 0)
    for field in ("StackElements", "SizeOfInstructions", "ComponentElements"):
        setattr(metrics, f"max{field}", 0)
    font.sfntVersion = "\x00\x01\x00\x00"


def cut(collection: Path, target: Path) -> None:
    """Write the Simplified Chinese face of `collection`, cut down, as TrueType to `target`."""
    font = TTFont(collection, fontNumber=SIMPLIFIED_CHINESE, recalcTimestamp=False)
    options = Options()
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # keeps the copyright and licence entries
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(char) for char in everyday_characters()])
    subsetter.subset(font)
    to_quadratic(font)
    font["post"].formatType = 3.0
    font.save(target)


def main() -> None:
    """Cut regular and bold into `fonts/`."""
    regular, bold = map(Path, sys.argv[1:3])
    cut(regular, HERE / "fonts" / "NotoSansCJKsc-Regular-subset.ttf")
    cut(bold, HERE / "fonts" / "NotoSansCJKsc-Bold-subset.ttf")


if __name__ == "__main__":
    main()
