"""Pictures side by side with captions, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facefusion.core import Pixels, UInt8, from_unit, to_unit

_GROUND = 24
_INK = 235
_GAP_PX = 6


def contact_sheet(
    rows: Sequence[Sequence[Pixels | None]], captions: Sequence[Sequence[str]] = (), *, cell_px: int = 256
) -> UInt8:
    """(H, W, 3) uint8 sheet of `rows` of pictures of any size and supported dtype, each fitted into a square cell.

    captions: nested as `rows`, a line under each cell, cut to its width; none: no room is left for them. Rows may
    differ in length; None and missing cells stay empty.
    """
    if not rows or not any(rows):
        raise ValueError("contact sheet: got no picture, supported is at least one")
    strip = max(12, cell_px // 12) + 6 if any(any(row) for row in captions) else 0
    columns = max(len(row) for row in rows)
    step_x, step_y = cell_px + _GAP_PX, cell_px + strip + _GAP_PX
    sheet = np.full((len(rows) * step_y + _GAP_PX, columns * step_x + _GAP_PX, 3), _GROUND, np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            if picture is not None:
                _put(sheet, picture, _GAP_PX + j * step_x, _GAP_PX + i * step_y, cell_px)
    return _captioned(sheet, captions, cell_px, strip) if strip else sheet


def _put(sheet: UInt8, picture: Pixels, x: int, y: int, cell_px: int) -> None:
    height, width = picture.shape[:2]
    scale = cell_px / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = cv2.resize(_as_uint8(picture), (w, h), interpolation=how)
    top, left = y + (cell_px - h) // 2, x + (cell_px - w) // 2
    sheet[top : top + h, left : left + w] = fitted


def _as_uint8(picture: Pixels) -> UInt8:
    return picture if picture.dtype == np.uint8 else from_unit(to_unit(picture), np.dtype(np.uint8))


def _captioned(sheet: UInt8, captions: Sequence[Sequence[str]], cell_px: int, strip: int) -> UInt8:
    canvas = Image.fromarray(sheet)
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=strip - 6)
    for i, row in enumerate(captions):
        for j, caption in enumerate(row):
            x = _GAP_PX + j * (cell_px + _GAP_PX)
            y = _GAP_PX + i * (cell_px + strip + _GAP_PX) + cell_px + 2
            pen.text((x + 1, y), _cut(caption, font, cell_px - 2), fill=(_INK,) * 3, font=font)
    return np.array(canvas)


def _cut(caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """`caption` on one line, cut at its end so that it fits `width` pixels."""
    text = " ".join(caption.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..." if text else ""
