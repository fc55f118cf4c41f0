"""Contact sheets: portraits side by side, each with two lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facefusion.core import Pixels, UInt8
from facefusion.errors import InvalidInput
from facefusion.provenance.fonts import find_font, sized

PORTRAIT_PX, CAPTION_PX, GAP_PX = 192, 52, 4
_GREY = 128


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """One cell. picture: (h, w, 3) uint8 RGB, or None where nothing shows the person."""

    picture: UInt8 | None
    title: str
    line: str


def contact_sheet(portraits: Sequence[Portrait], *, width_px: int = PORTRAIT_PX, columns: int = 6) -> Pixels:
    """(H, W, 3) uint8 RGB: up to `columns` pictures a row, each `width_px` wide, as high as the first needs.

    Raises ValueError for none.
    """
    if not portraits:
        raise ValueError("contact sheet: got nobody, supported is one portrait or more")
    cells = [_cell(portrait, (width_px, _height(portraits, width_px))) for portrait in portraits]
    columns = min(len(cells), columns)
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    return np.vstack([np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)])


def _height(portraits: Sequence[Portrait], width_px: int) -> int:
    shapes = [portrait.picture.shape for portrait in portraits if portrait.picture is not None]
    return max(round(width_px * shapes[0][0] / shapes[0][1]), 1) if shapes else width_px


def _cell(portrait: Portrait, size: tuple[int, int]) -> UInt8:
    width, height = size
    cell = Image.new("RGB", (width + 2 * GAP_PX, height + CAPTION_PX + GAP_PX), "white")
    grey = np.full((height, width, 3), _GREY, np.uint8)
    picture = Image.fromarray(grey if portrait.picture is None else portrait.picture)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    cell.paste(picture, (GAP_PX, GAP_PX))
    drawing = ImageDraw.Draw(cell)
    for text, top, size_px in ((portrait.title, 0, 22), (portrait.line, 26, 15)):
        shown, font = _drawable(text)
        place = (GAP_PX, height + 2 * GAP_PX + top)
        drawing.text(place, shown, fill="black", font=sized(font, size_px), anchor="la")
    return np.asarray(cell)


def _drawable(text: str) -> tuple[str, ImageFont.FreeTypeFont]:
    """`text` and a font for it; only its ASCII letters where no font of this machine has the others."""
    try:
        return text, find_font(text)
    except InvalidInput:
        plain = text.encode("ascii", "replace").decode()
        return plain, find_font(plain)
