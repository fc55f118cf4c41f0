"""The label's picture: white text on a half-opaque dark plate, drawn once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facefusion.core import Float32
from facefusion.provenance.fonts import sized

LEAST_RISE_PX = 7
"""Letters are never asked to be lower than this, whatever the fraction says: smaller ones cannot be read."""
FLOOR_RISE_PX = 5
"""In pictures too narrow for that, letters shrink to this and no further."""
LARGEST_SHARE = 0.5
"""The plate is at most this fraction of the picture's height."""

_PAD = 0.45
_LINE = 1.75
_SUPERSAMPLE = 4
_PROBE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """text: (h, w) float32 coverage of the letters in [0, 1]. plate: the same of the ground behind them.

    rise_px: height of a capital letter in pixels.
    """

    text: Float32
    plate: Float32
    rise_px: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.text.shape[1], self.text.shape[0]


def draw_plate(
    font: ImageFont.FreeTypeFont, text: str, *, wanted_px: float, least_px: float, room: tuple[int, int]
) -> Plate | None:
    """The plate with letters `wanted_px` high, or lower down to `least_px`, so that it fits `room` (width, height).

    None when it does not fit.
    """
    wanted = max(wanted_px, LEAST_RISE_PX)
    least = max(least_px, FLOOR_RISE_PX)
    size = _size_for(font, text, wanted)
    while size > 0:
        face = sized(font, size)
        rise = _rise(face, text)
        if rise < least:
            return None
        lines = _wrapped(face, text, room[0] - 2 * _pad(rise))
        if lines and _height(len(lines), rise) <= room[1]:
            return _drawn(face, lines, rise)
        size -= 1
    return None


def _size_for(font: ImageFont.FreeTypeFont, text: str, rise_px: float) -> int:
    size = max(1, int(rise_px * _PROBE / _rise(sized(font, _PROBE), text)) - 1)
    while _rise(sized(font, size), text) < rise_px:
        size += 1
    return size


def _rise(face: ImageFont.FreeTypeFont, text: str) -> int:
    """Height above the baseline in pixels: the lowest capital, digit or ideograph; if none, of the small letters."""
    letters = [c for c in text if c.isalnum()]
    heights = {c: math.floor(-face.getbbox(c, anchor="ls")[1]) for c in letters}
    full = [heights[c] for c in letters if not c.islower()]
    return min(full) if full else max(heights.values())


def _pad(rise: int) -> int:
    return max(2, round(_PAD * rise))


def _height(num_lines: int, rise: int) -> int:
    return rise + round((num_lines - 1) * _LINE * rise) + 2 * _pad(rise) + round(0.15 * rise)


def _wrapped(face: ImageFont.FreeTypeFont, text: str, width: int) -> list[str]:
    """`text` in as few lines as greedy filling gives; empty when one piece is wider than `width`."""
    lines = [""]
    for piece in _pieces(text):
        if _width(face, lines[-1] + piece) <= width:
            lines[-1] += piece
        elif _width(face, piece) <= width:
            lines.append(piece.lstrip())
        else:
            return []
    return [line.rstrip() for line in lines if line.strip()]


def _pieces(text: str) -> list[str]:
    """`text` cut where a line may break: after a space or hyphen, and after any Chinese or Japanese character."""
    pieces, start = [], 0
    for i, character in enumerate(text, 1):
        if character in " -" or 0x2E80 <= ord(character) < 0xAC00:
            pieces.append(text[start:i])
            start = i
    return [*pieces, text[start:]] if start < len(text) else pieces


def _width(face: ImageFont.FreeTypeFont, line: str) -> float:
    left, _, right, _ = face.getbbox(line.rstrip(), anchor="ls")
    return right - left


def _drawn(face: ImageFont.FreeTypeFont, lines: list[str], rise: int) -> Plate:
    pad = _pad(rise)
    width = round(max(_width(face, line) for line in lines)) + 2 * pad
    height = _height(len(lines), rise)
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    for i, line in enumerate(lines):
        left = face.getbbox(line, anchor="ls")[0]
        pen.text((pad - left, pad + rise + round(i * _LINE * rise)), line, fill=255, font=face, anchor="ls")
    coverage = np.asarray(canvas, np.float32) / np.float32(255.0)
    return Plate(_firm(coverage), _ground(width, height, radius=0.35 * rise), rise)


def _firm(coverage: Float32) -> Float32:
    """Thin strokes of small letters cover no pixel fully: scale so that the boldest 2 % of the pixels do."""
    strong = float(np.quantile(coverage, 0.98))
    firm: Float32 = np.clip(coverage / np.float32(max(strong, 0.5)), 0.0, 1.0)
    return firm


def _ground(width: int, height: int, *, radius: float) -> Float32:
    n = _SUPERSAMPLE
    large = Image.new("L", (width * n, height * n))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, width * n - 1, height * n - 1), radius=radius * n, fill=255)
    return np.asarray(large.resize((width, height), Image.Resampling.BOX), np.float32) / np.float32(255.0)
