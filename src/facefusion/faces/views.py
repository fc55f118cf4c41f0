"""Views of a picture for a network with a square input: matrices (2, 3), picture pixels → view pixels."""

from __future__ import annotations

import numpy as np

from facefusion.core import Float32, Pixels
from facefusion.geometry import transforms

_SMALLEST_SEEN_PX = 15.0
"""Side of the smallest face that the networks find reliably, in pixels of their input (measured: 14 to 16)."""
_LARGEST_SEEN = 0.6
"""Side of the largest face found with a high score, as a part of the input's side."""
_STEP = 4.0
_MOST_TILES = 160


def whole(pixels: Pixels, size: int, *, turn_deg: float = 0.0, fill: float = 1.0) -> Float32:
    """The whole picture, turned anticlockwise by `turn_deg`, its longer side over `fill` of the view."""
    height, width = pixels.shape[:2]
    return transforms.square_roi(((width - 1) / 2, (height - 1) / 2), max(height, width) / fill, turn_deg, size)


def tiles(pixels: Pixels, size: int, smallest_px: float) -> list[Float32]:
    """Overlapping squares at rising scales, so that each face from `smallest_px` up is whole in one of them.

    At most `_MOST_TILES`; a picture that would need more is searched for larger faces only.
    """
    height, width = pixels.shape[:2]
    finest = min(_SMALLEST_SEEN_PX / smallest_px, 1.0)
    coarsest = size / max(height, width)
    found: list[Float32] = []
    scale = finest
    while scale > coarsest * 1.3:
        level = _grid(width, height, size, scale)
        if len(level) <= _MOST_TILES:
            found += level
        scale /= _STEP
    return found


def _grid(width: int, height: int, size: int, scale: float) -> list[Float32]:
    side = size / scale
    overlap = _LARGEST_SEEN * side / _STEP * 1.5
    return [
        transforms.square_roi((x, y), side, 0.0, size)
        for y in _centers(height, side, overlap)
        for x in _centers(width, side, overlap)
    ]


def _centers(length: int, side: float, overlap: float) -> list[float]:
    """Centres of evenly spaced intervals of length `side` that cover [0, length) and overlap by `overlap`."""
    if length <= side:
        return [(length - 1) / 2]
    count = 1 + int(np.ceil((length - side) / (side - overlap)))
    return [float(c) for c in np.linspace(side / 2 - 0.5, length - side / 2 - 0.5, count)]
