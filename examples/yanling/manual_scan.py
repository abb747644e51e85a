"""Pages of a manual that are only an image of text, as an office scanner would leave them."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped, unused-ignore]
from manual_layout import BOLD, HEIGHT, MARGIN, REGULAR, WIDTH
from PIL import Image as Picture
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Image

DOTS_PER_INCH = 150
TILT_DEGREES = 0.7
NOISE = 7.0  # standard deviation in grey levels of 255
JPEG_QUALITY = 42

CERTIFICATE: Sequence[tuple[str, str]] = (
    ("证书编号 Certificate No.", "YLC-2026-07731"),
    ("型号 Model", "YLP70-G-1M6-A1-M20-H"),
    ("序列号 Serial number", "KS26041877"),
    ("量程 Range", "0–1.6 MPa"),
    ("准确度 Accuracy", "±0.1 % FS"),
    ("校准日期 Date of calibration", "2026-04-22"),
    ("环境 Ambient", "20.6 ℃, 48 % RH"),
    ("标准器 Reference", "数字压力计 0.02 级 No. 19-2207"),
)
POINTS = (
    ("测点 Point", "标准值 MPa", "上行 Up mA", "下行 Down mA", "误差 % FS"),
    ("0 %", "0.0", "4.002", "4.003", "+0.02"),
    ("25 %", "0.4", "8.004", "8.006", "+0.04"),
    ("50 %", "0.8", "12.006", "12.008", "+0.05"),
    ("75 %", "1.2", "16.007", "16.008", "+0.05"),
    ("100 %", "1.6", "20.009", "20.009", "+0.06"),
)


def page(name: str) -> Image:
    """The scanned page `name` as a full-page image; raises KeyError for an unknown one."""
    draw = {"certificate": _draw_certificate}[name]
    sheet = io.BytesIO()
    canvas = Canvas(sheet, pagesize=A4, invariant=1)
    draw(canvas)
    canvas.save()
    document = pypdfium2.PdfDocument(sheet.getvalue())
    picture = document[0].render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil()
    document.close()
    scan = io.BytesIO()
    _as_scanned(picture).save(scan, "JPEG", quality=JPEG_QUALITY)
    return Image(io.BytesIO(scan.getvalue()), width=WIDTH, height=HEIGHT)


def _as_scanned(picture: Picture.Image) -> Picture.Image:
    """A little crooked, a little grey, a little noisy; the noise is the same on every run."""
    tilted = picture.rotate(TILT_DEGREES, Picture.Resampling.BICUBIC, fillcolor=255)
    pixels = np.asarray(tilted, dtype=np.float64) * 0.93 + 10
    pixels += np.random.default_rng(20260422).normal(0.0, NOISE, pixels.shape)
    return Picture.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _draw_certificate(canvas: Any) -> None:
    canvas.setFont(BOLD, 22)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 45 * mm, "校 准 证 书")
    canvas.setFont(BOLD, 13)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 54 * mm, "Certificate of Calibration")
    canvas.rect(MARGIN - 8 * mm, 25 * mm, WIDTH - 2 * MARGIN + 16 * mm, HEIGHT - 50 * mm)
    y = HEIGHT - 72 * mm
    for label, value in CERTIFICATE:
        canvas.setFont(REGULAR, 11.5)
        canvas.drawString(MARGIN, y, label)
        canvas.drawString(MARGIN + 70 * mm, y, value)
        canvas.line(MARGIN + 68 * mm, y - 1.5 * mm, WIDTH - MARGIN, y - 1.5 * mm)
        y -= 9.5 * mm
    y -= 6 * mm
    for row in POINTS:
        canvas.setFont(BOLD if row is POINTS[0] else REGULAR, 11)
        for column, text in enumerate(row):
            canvas.drawString(MARGIN + column * 33 * mm, y, text)
        canvas.line(MARGIN, y - 2 * mm, WIDTH - MARGIN, y - 2 * mm)
        y -= 9 * mm
    canvas.setFont(REGULAR, 11)
    canvas.drawString(MARGIN, y - 6 * mm, "结论：合格，最大误差 0.06 % FS，允许误差 ±0.1 % FS。")
    canvas.drawString(MARGIN, y - 13 * mm, "Result: passed. Largest error 0.06 % FS, limit ±0.1 % FS.")
    canvas.drawString(MARGIN, y - 20 * mm, "建议复校日期 Next calibration due: 2027-04-21")
    canvas.drawString(MARGIN, 42 * mm, "校准 Calibrated by: 吴越")
    canvas.drawString(MARGIN + 75 * mm, 42 * mm, "核验 Checked by: 秦岚")
    _draw_seal(canvas, WIDTH - MARGIN - 28 * mm, 62 * mm)


def _draw_seal(canvas: Any, x: float, y: float) -> None:
    canvas.setStrokeGray(0.35)
    canvas.setFillGray(0.35)
    canvas.setLineWidth(2)
    canvas.circle(x, y, 17 * mm)
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(x, y + 3 * mm, "砚岭自控")
    canvas.drawCentredString(x, y - 3 * mm, "校准专用章")
