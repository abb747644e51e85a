"""Pictures: photos, screenshots and scans as PNG, JPEG, TIFF, WebP, BMP or GIF; each frame is a page."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ingest import paging
from ingest.errors import UnreadableFileError
from ingest.parsers import pdf_blocks, scans
from ingest.types import Block, ParsedFile

_MAX_PIXELS = 100_000_000
_LONGEST_SIDE = 3600  # larger ones are reduced to it: letters are large enough then
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_LEAST_SIDE = 12  # a spacer or a bullet holds no text


def parse(path: Path, *, max_pages: int) -> ParsedFile:
    """What can be read in a picture; boxes are in its pixels.

    Raises UnreadableFileError `broken_image`, `too_large`, `too_many_pages`, `no_text`.
    """
    found: list[Block] = []
    count = 0
    try:
        with _opened(path) as picture:
            count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            if count > max_pages:
                raise UnreadableFileError("too_many_pages", str(count))
            for number, frame in enumerate(_frames(picture, count), start=1):
                found += _blocks(frame, number) if paging.begin(number, count) else []
    except Image.DecompressionBombError as error:
        raise UnreadableFileError("too_large") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise UnreadableFileError("broken_image", type(error).__name__) from error
    if not found:
        raise UnreadableFileError("no_text", f"{count} pictures" if count > 1 else "")
    return ParsedFile(blocks=tuple(found), pages=count, may_be_faq=True)


def _opened(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is too large is refused when its frames are looked at
        return Image.open(path, formats=_FORMATS)


def _frames(picture: Image.Image, count: int) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(picture):
        if frame.width * frame.height > _MAX_PIXELS:
            raise UnreadableFileError("too_large", f"{frame.width} x {frame.height} pixels")
        yield ImageOps.exif_transpose(frame)
        if count == 1:
            return


def _blocks(picture: Image.Image, number: int) -> list[Block]:
    if min(picture.size) < _LEAST_SIDE:
        return []
    scale = min(1.0, _LONGEST_SIDE / max(picture.size))
    if scale < 1.0:
        size = round(picture.width * scale), round(picture.height * scale)
        picture = picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    scan = scans.read_picture(picture, number, scale=scale)
    builder = pdf_blocks.Builder(pdf_blocks.Outline([]), [scan.lines])
    builder.add_page(scan.lines, scan.tables)
    return scans.turned_back(builder.blocks(), {number: scan})
