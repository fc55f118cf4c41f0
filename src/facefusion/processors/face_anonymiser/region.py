"""Where a face, or a whole head, lies in a picture: an upright oval in the head's own axes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from facefusion.core import Box, Float32, Landmarks
from facefusion.geometry.mesh import FACE_OVAL

TOP, CHIN = 10, 152
SOFT = 0.1
"""The oval's edge fades over this share of its size, outwards: inside it nothing shows through."""
_WIDEST = 0.86
"""Least width of a face as a share of its height: one that is seen from the side is as deep as it is wide."""
_FACE = (1.10, 1.22, 1.10)
_HEAD = (1.45, 1.75, 1.22)
"""How far the oval reaches sideways, upwards and downwards, in half widths and half heights of the face."""
_POWER = 2.4
_SPARE = 1.04


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """An oval. center: (2,) pixels. right, down: (2,) unit vectors of the head. half: (2,) pixels, across and down."""

    center: Float32
    right: Float32
    down: Float32
    half: Float32

    @property
    def reach(self) -> Box:
        """The box of everything that it touches, its soft edge included."""
        size = np.abs(self.right) * self.half[0] + np.abs(self.down) * self.half[1]
        low, high = self.center - size * (1 + SOFT) - 1, self.center + size * (1 + SOFT) + 1
        return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    def shifted(self, by: Float32) -> Region:
        """Moved by `by` (2,) pixels."""
        return Region(self.center + by, self.right, self.down, self.half)

    def mask(self, size: tuple[int, int]) -> Float32:
        """(height, width) float32: 1 in the oval, softly 0 outside."""
        rows, columns = np.indices(size, dtype=np.float32)
        away = self._away(columns - self.center[0], rows - self.center[1])
        return np.clip((1 + SOFT - away) / SOFT, 0.0, 1.0).astype(np.float32)

    def around(self, xy: Float32) -> Region:
        """As large as it must be to hold every point of `xy` (K, 2), with a little to spare."""
        away = float(self._away(*(xy - self.center).T).max())
        return replace(self, half=self.half * np.float32(max(away * _SPARE, 1.0)))

    def _away(self, x: Float32, y: Float32) -> Float32:
        """1 on the oval's edge, less inside. x, y: pixels from its centre."""
        across = np.abs(x * self.right[0] + y * self.right[1]) / self.half[0]
        along = np.abs(x * self.down[0] + y * self.down[1]) / self.half[1]
        away: Float32 = (across**_POWER + along**_POWER) ** np.float32(1 / _POWER)
        return away

    def to_cells(self, cells: int) -> tuple[Float32, tuple[int, int], float]:
        """The (2, 3) matrix picture → grid, the grid's (columns, rows) and one cell's side in pixels.

        cells: across the oval. The grid turns with the head and has a cell to spare on every side.
        """
        side = 2 * float(self.half[0]) / cells
        count = (cells + 2, int(np.ceil(2 * float(self.half[1]) / side)) + 2)
        axes = np.stack([self.right, self.down]) / side
        middle = (np.array(count, np.float32) - 1) / 2
        shift = middle - axes @ self.center
        return np.column_stack([axes, shift]).astype(np.float32), count, side


def region_of(landmarks: Landmarks, *, is_head: bool, grown: float = 1.0) -> Region:
    """The oval of a face, or of its head with hair and ears, in the pixels of `landmarks` (478 points).

    grown: times as large, for a place that is only guessed.
    """
    xy = landmarks.xy
    down = xy[CHIN] - xy[TOP]
    height = max(float(np.linalg.norm(down)), 1.0)
    down = (down / height).astype(np.float32)
    right = np.array([down[1], -down[0]], np.float32)
    oval = xy[list(FACE_OVAL)]
    across, along = oval @ right, oval @ down
    width = float(np.ptp(across))
    height = max(float(np.ptp(along)), 0.8 * width)
    sideways, up, below = _HEAD if is_head else _FACE
    half_width = max(width, _WIDEST * height) / 2 * sideways
    middle = (float(along.min()) + float(along.max())) / 2
    top, bottom = middle - height / 2 * up, middle + height / 2 * below
    center = right * float((across.min() + across.max()) / 2) + down * ((top + bottom) / 2)
    half = np.array([half_width, (bottom - top) / 2], np.float32)
    held = Region(center.astype(np.float32), right, down, half).around(xy)
    return replace(held, half=held.half * np.float32(grown))


def cut_to(box: Box, width: int, height: int) -> Box:
    """`box` on whole pixels of a `width` × `height` picture; empty when it lies outside."""
    x0, y0 = min(max(np.floor(box.x0), 0), width), min(max(np.floor(box.y0), 0), height)
    x1, y1 = max(min(np.ceil(box.x1), width), x0), max(min(np.ceil(box.y1), height), y0)
    return Box(float(x0), float(y0), float(x1), float(y1))


def joined(first: Box, second: Box) -> Box:
    """The smallest box that holds both."""
    return Box(min(first.x0, second.x0), min(first.y0, second.y0), max(first.x1, second.x1), max(first.y1, second.y1))


def cells_of(pixels: Float32, region: Region, cells: int, *, is_smooth: bool) -> Float32:
    """`pixels` (h, w, 3) made of few colours: each the mean of one cell of a grid that turns with the head.

    What is finer than a cell is not in the result, however it is looked at; is_smooth: colours flow into one another.
    """
    matrix, count, side = region.to_cells(cells)
    width = max(round(side), 1)
    means = cv2.blur(pixels, (width, width), borderType=cv2.BORDER_REFLECT)
    grid = cv2.warpAffine(means, matrix, count, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    how = cv2.INTER_CUBIC if is_smooth else cv2.INTER_NEAREST
    size = pixels.shape[1::-1]
    back = cv2.warpAffine(grid, matrix, size, flags=how | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(back, 0.0, 1.0).astype(np.float32)
