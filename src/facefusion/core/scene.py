"""What is measured about the background of a clip, and about where people are, before anything is cut out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from facefusion.core.arrays import Float32, UInt8
from facefusion.core.time import FrameRange

MAP_SIZE = 256
"""Side of the bundled segmentation's maps; they are square whatever the picture's shape."""
LOOKS = 8
"""Of every frame: share of the surroundings that looks like a green screen, its colour (3); the same for a blue one."""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """What a screen showed in some frames of one shot.

    frames: first and last + 1. primary: 1 for green, 2 for blue. sums: (h, w, 5) float32: weight, and times the weight
    the colour (3, linear light) and the square of its primary channel.
    """

    frames: FrameRange
    primary: int
    sums: Float32

    def known(self) -> Float32:
        """(h, w, 4) float32: mean colour, and in [0, 1] how sure it is: seen in several frames, and hardly changing."""
        weight = np.maximum(self.sums[..., 0], 1e-6)
        colors = self.sums[..., 1:4] / weight[..., None]
        mean = np.maximum(colors[..., self.primary], 1e-4)
        scatter = np.sqrt(np.maximum(self.sums[..., 4] / weight - mean * mean, 0)) / mean
        sure = np.exp(-((scatter / 0.06) ** 2)) * np.clip(self.sums[..., 0] / 1.5, 0, 1)
        return np.dstack([colors, sure]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Measured over the frames of `part`.

    maps: for each frame the deflated uint8 map, of `size` (h, w), of how surely a person is there, steadied over time.
    looks: (n, 8) float32, see LOOKS, linear light. plates: what screens showed, in order of their frames. is_matte: the
    maps are opacities, of a network that sees hair, and not how sure something is.
    """

    part: FrameRange
    maps: tuple[bytes, ...]
    looks: Float32
    plates: tuple[Plate, ...] = ()
    size: tuple[int, int] = (MAP_SIZE, MAP_SIZE)
    is_matte: bool = False

    def person(self, index: int) -> UInt8:
        """(h, w) uint8: how surely a person is there in frame `index`."""
        data = zlib.decompress(self.maps[index - self.part.start])
        return np.frombuffer(data, np.uint8).reshape(self.size)

    def look(self, index: int) -> Float32:
        """(8,) float32 of frame `index`."""
        found: Float32 = self.looks[index - self.part.start]
        return found

    def __contains__(self, index: int) -> bool:
        return index in self.part


def packed_map(person: UInt8) -> bytes:
    """A map as a scene keeps it."""
    return zlib.compress(np.ascontiguousarray(person).tobytes(), 1)
