"""What a matte processor gives back: how much of each pixel is foreground, and the foreground's own colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facefusion.core.arrays import Float32, Pixels, check_pixels, check_shape


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A foreground, straight (not premultiplied).

    alpha: (H, W) float32 in [0, 1]. pixels: (H, W, 3) RGB of the frame's dtype: the foreground alone, without what the
    old background gave to it; where alpha is 0, any smooth colour. sure: by track, how surely the face is foreground,
    in [0, 1]; a face that is not told of is.
    """

    pixels: Pixels
    alpha: Float32
    sure: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_pixels("Cutout.pixels", self.pixels)
        check_shape("Cutout.alpha", self.alpha, self.pixels.shape[:2])
