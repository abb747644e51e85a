"""PP-OCR's networks, as the rapidocr wheel carries them, run by onnxruntime; pictures are prepared with Pillow.

rapidocr's own code is not imported: it would need OpenCV, which is larger than everything else here together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import ModelUnavailableError
from models.text_recognizer import Reading, RecognizedLine
from models.text_recognizers.regions import Region, regions_of

_DETECTOR = "PP-OCRv6_det_small.onnx"
_READER = "PP-OCRv6_rec_small.onnx"
_LONGEST_SIDE = 1280  # pixels looked at to find lines; more finds no more of them and takes longer
_SHORTEST_SIDE = 480  # a small picture is enlarged to it, at most four times
_STEP = 32  # the detector halves its input five times
_LINE_HEIGHT = 48  # pixels the reader sees
_WIDEST = 3200
_BATCH_PIXELS = 600  # widths of the lines read together
_LEAST_CONFIDENCE = 0.5
_FAINT = 12.0  # grey levels of 255 between letters and paper at least
_TALL = 1.5  # a region that is this many times as high as wide is set from top to bottom, or the page lies
_LONG = 5.0
_PROBES = 5  # lines read both ways to find out which way is up


class PaddleRecognizer:
    """Reads printed Chinese and English text; some 120 MB once both networks are loaded."""

    def read(self, picture: Image.Image) -> Reading:
        """The lines of a picture, also of one that lies on its side or stands on its head."""
        given = _opaque(picture)
        if _is_blank(given):
            return Reading(())
        regions = self._regions(given)
        turned = self._turned(given, regions)
        if turned:
            given = _turn(given, turned)
            regions = self._regions(given)
        return Reading(tuple(self._lines(given, regions)), turned, _slant(regions))

    @cached_property
    def _detector(self) -> Any:
        return _session(_DETECTOR)

    @cached_property
    def _reader(self) -> Any:
        return _session(_READER)

    @cached_property
    def _characters(self) -> list[str]:
        known = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        return ["", *known, " "]  # the first class means "no character"

    # ---- where the lines are --------------------------------------------------------------------------

    def _regions(self, picture: Image.Image) -> list[Region]:
        wide, high = picture.size
        scale = min(_LONGEST_SIDE / max(wide, high), max(1.0, min(4.0, _SHORTEST_SIDE / min(wide, high))))
        seen = [max(_STEP, round(side * scale / _STEP) * _STEP) for side in (wide, high)]
        pixels = _normalised(picture.resize((seen[0], seen[1]), Image.Resampling.BILINEAR))
        (likelihood,) = self._detector.run(None, {self._detector.get_inputs()[0].name: pixels[None]})
        found = regions_of(likelihood[0, 0])
        return [region.scaled(wide / seen[0], high / seen[1]) for region in found]

    def _turned(self, picture: Image.Image, regions: Sequence[Region]) -> int:
        """By how much to turn the picture clockwise so that its lines can be read: 0, 90, 180 or 270."""
        if not regions:
            return 0
        longest = sorted(regions, key=lambda region: max(region.width, region.height), reverse=True)[:_PROBES]
        lying = sum(region.height > _TALL * region.width for region in longest) > len(longest) / 2
        crops = [_crop(picture, region) for region in longest]
        if lying:
            crops = [_turn(crop, 90) if crop.height > crop.width else crop for crop in crops]
        upright = sum(confidence for _text, confidence in self._texts(crops))
        if not lying and upright >= 0.8 * len(crops):
            return 0
        headlong = sum(confidence for _text, confidence in self._texts([_turn(crop, 180) for crop in crops]))
        better = headlong > upright + 0.1 * len(crops)
        return (90 if lying else 0) + (180 if better else 0)

    # ---- what they say --------------------------------------------------------------------------------

    def _lines(self, picture: Image.Image, regions: Sequence[Region]) -> list[RecognizedLine]:
        texts = self._texts([_upright(_crop(picture, region)) for region in regions])
        made = [
            RecognizedLine(text.strip(), region.box, min(region.width, region.height), round(confidence, 3))
            for region, (text, confidence) in zip(regions, texts, strict=True)
            if text.strip() and confidence >= _LEAST_CONFIDENCE
        ]
        return sorted(made, key=lambda line: (line.box[1] + line.box[3], line.box[0]))

    def _texts(self, crops: Sequence[Image.Image]) -> list[tuple[str, float]]:
        """Text and confidence of each crop; crops of about equal width go through the network together."""
        scaled = [_line_picture(crop) for crop in crops]
        order = sorted(range(len(scaled)), key=lambda index: scaled[index].width)
        found: dict[int, tuple[str, float]] = {}
        while order:
            room = max(1, _BATCH_PIXELS // scaled[order[0]].width)
            batch, order = order[:room], order[room:]
            for index, text in zip(batch, self._batch([scaled[index] for index in batch]), strict=True):
                found[index] = text
        return [found[index] for index in range(len(crops))]

    def _batch(self, pictures: Sequence[Image.Image]) -> list[tuple[str, float]]:
        widest = max(picture.width for picture in pictures)
        pixels = np.zeros((len(pictures), 3, _LINE_HEIGHT, widest), dtype=np.float32)
        for place, picture in enumerate(pictures):
            pixels[place, :, :, : picture.width] = _normalised(picture)
        (likelihood,) = self._reader.run(None, {self._reader.get_inputs()[0].name: pixels})
        return [self._text(steps) for steps in likelihood]

    def _text(self, steps: NDArray[Any]) -> tuple[str, float]:
        """A character counts once however many steps in a row it is seen."""
        best = steps.argmax(axis=1)
        kept = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
        if not kept.any():
            return "", 0.0
        text = "".join(self._characters[index] for index in best[kept])
        return text, float(steps.max(axis=1)[kept].mean())


def _session(name: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # pages are read by several processes
    options.enable_cpu_mem_arena = False  # it would keep what the largest page needed
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(_model(name)), options, providers=["CPUExecutionProvider"])


def _model(name: str) -> Path:
    try:
        inside = next(file for file in files("rapidocr") or () if file.name == name)
    except (PackageNotFoundError, StopIteration) as error:
        raise ModelUnavailableError("rapidocr", f"its wheel does not hold {name}") from error
    return Path(str(inside.locate()))


def _opaque(picture: Image.Image) -> Image.Image:
    """The picture on white paper in three colours."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(paper, layer).convert("RGB")
    return picture.convert("RGB")


def _is_blank(picture: Image.Image) -> bool:
    """Whether it has one colour all over, but for what a scanner adds."""
    darkest, lightest = picture.convert("L").getextrema()
    return float(lightest) - float(darkest) < _FAINT  # type: ignore[arg-type]  # one band, so two numbers


def _turn(picture: Image.Image, clockwise: int) -> Image.Image:
    ways = {
        90: Image.Transpose.ROTATE_270,  # Pillow counts the other way round
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    return picture.transpose(ways[clockwise]) if clockwise % 360 else picture


def _slant(regions: Sequence[Region]) -> float:
    """How much the lines of a picture sink for every pixel to the right; long ones know best."""
    long = [region.slant for region in regions if region.width > _LONG * region.height]
    return median(long) if long else 0.0


def _crop(picture: Image.Image, region: Region) -> Image.Image:
    size = max(1, round(region.width)), max(1, round(region.height))
    first, second, third, fourth = region.corners
    return picture.transform(
        size,
        Image.Transform.QUAD,
        (*first, *fourth, *third, *second),
        Image.Resampling.BILINEAR,
        fillcolor="white",
    )


def _upright(crop: Image.Image) -> Image.Image:
    """A line set from top to bottom is read lying on its left side, as the network was trained."""
    return _turn(crop, 270) if crop.height > _TALL * crop.width else crop


def _line_picture(crop: Image.Image) -> Image.Image:
    wide = round(crop.width * _LINE_HEIGHT / crop.height)
    return crop.resize((min(max(wide, 8), _WIDEST), _LINE_HEIGHT), Image.Resampling.BILINEAR)


def _normalised(picture: Image.Image) -> NDArray[np.float32]:
    """Colours blue first, from -1 to 1, of shape (3, height, width)."""
    pixels = np.asarray(picture, dtype=np.float32)[:, :, ::-1]
    return np.ascontiguousarray((pixels / 127.5 - 1.0).transpose(2, 0, 1))
