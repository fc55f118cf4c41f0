"""Turning pictures upright: display matrices of video and EXIF orientations of stills."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

# EXIF 2.32, table "Orientation": (clockwise turn in degrees, then mirrored sideways)
_EXIF = {
    1: (0, False),
    2: (0, True),
    3: (180, False),
    4: (180, True),
    5: (90, True),
    6: (90, False),
    7: (270, True),
    8: (270, False),
}


@dataclass(frozen=True, slots=True)
class Orientation:
    """Turn clockwise by `rotation_deg` (0, 90, 180, 270), then mirror sideways if `mirrored`."""

    rotation_deg: int = 0
    mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        return self.rotation_deg in (90, 270)

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after the turn."""
        return (height, width) if self.swaps_sides else (width, height)

    def apply(self, array: NDArray[Any]) -> NDArray[Any]:
        """The upright picture; the array itself when nothing is to be done. (H, W) or (H, W, C), any dtype."""
        if self == UPRIGHT:
            return array
        import cv2

        turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
        turned = cv2.rotate(array, turns[self.rotation_deg]) if self.rotation_deg else array
        upright: NDArray[Any] = cv2.flip(turned, 1) if self.mirrored else turned
        return upright


UPRIGHT = Orientation()


def from_exif(orientation: int) -> Orientation:
    """The orientation of an EXIF tag 0x0112; unknown values count as upright."""
    rotation_deg, mirrored = _EXIF.get(orientation, (0, False))
    return Orientation(rotation_deg, mirrored)


def from_display_matrix(raw: bytes) -> Orientation:
    """The orientation of an ISO 14496-12 matrix (nine native int32 {a b u c d v x y w}: x' = ax + cy, y' = bx + dy)."""
    a, b, _, c, d = struct.unpack("=9i", raw[:36])[:5]
    mirrored = a * d - b * c < 0
    if mirrored:
        a = -a
    if abs(a) >= abs(b):
        return Orientation(0 if a >= 0 else 180, mirrored)
    return Orientation(90 if b > 0 else 270, mirrored)
