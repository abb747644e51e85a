"""The main program that draws one page of a PDF: memory limit, path, page number and box in, PNG out."""

from __future__ import annotations

import io
import sys

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

from ingest import confinement
from ingest.page_images import NO_SUCH_PAGE_EXIT
from ingest.parser_process import limit_memory

_LONGEST_SIDE = 1800  # A4 at two pixels a point fits
_SCALE = 2.0  # pixels of a point, on pages of the usual size
_SHADE, _EDGE = (255, 236, 153), (224, 150, 0)
_MARGIN = 3.0  # points between the words and the frame around them


def main() -> None:
    """Write the picture to standard output; exit code 3 when there is no such page."""
    memory_mb, path, number, box = sys.argv[1:5]
    limit_memory(int(memory_mb))
    confinement.end_with_parent()
    confinement.forbid_network_and_programs()
    document = pypdfium2.PdfDocument(path)
    if not 1 <= int(number) <= len(document):
        sys.exit(NO_SUCH_PAGE_EXIT)
    page = document[int(number) - 1]
    scale = min(_SCALE, _LONGEST_SIDE / max(page.get_size()))
    picture = page.render(scale=scale).to_pil().convert("RGB")
    if box:
        _mark(picture, [float(edge) * scale for edge in box.split(",")], scale)
    buffer = io.BytesIO()
    picture.quantize(128).save(buffer, "PNG")  # a third of the bytes, and text stays crisp
    sys.stdout.buffer.write(buffer.getvalue())


def _mark(picture: Image.Image, box: list[float], scale: float) -> None:
    margin = _MARGIN * scale
    left, top = max(0.0, box[0] - margin), max(0.0, box[1] - margin)
    right, bottom = min(picture.width - 1.0, box[2] + margin), min(picture.height - 1.0, box[3] + margin)
    if right <= left or bottom <= top:
        return
    shade = Image.new("RGB", picture.size, "white")
    ImageDraw.Draw(shade).rectangle((left, top, right, bottom), fill=_SHADE)
    picture.paste(ImageChops.multiply(picture, shade))  # the words stay dark under the colour
    ImageDraw.Draw(picture).rectangle((left, top, right, bottom), outline=_EDGE, width=max(1, round(scale)))


if __name__ == "__main__":
    main()
