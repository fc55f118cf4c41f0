"""A picture with its place in time and its colour description."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facefusion.core.arrays import Pixels, check_pixels, check_shape
from facefusion.core.time import Timestamp


@dataclass(frozen=True, slots=True)
class ColorInfo:
    """Colour tags as code points of ITU-T H.273; 2 means unspecified. `full_range` None means untagged."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a clip.

    pixels: (H, W, 3) RGB uint8, uint16 or float32, upright (rotation tags already applied).
    alpha: (H, W) of the same dtype, straight (not premultiplied), or None.
    index: position in the clip in presentation order, from 0.
    duration_pts: length in units of `timestamp.time_base`, 0 when unknown.
    """

    pixels: Pixels
    index: int = 0
    timestamp: Timestamp = Timestamp(0, Fraction(1, 25))
    duration_pts: int = 0
    color: ColorInfo = ColorInfo()
    alpha: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        check_pixels("Frame.pixels", self.pixels)
        if self.alpha is not None:
            check_shape("Frame.alpha", self.alpha, self.pixels.shape[:2])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.pixels.dtype
