"""People and screens of a clip as one section of an analysis file, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from facefusion.core import FrameRange
from facefusion.core.scene import LOOKS, MAP_SIZE, Plate, Scene
from facefusion.pipeline.packing import inflated, pack_array, packed, unpack_array, unpacked

_LARGEST = 1024
"""Cells of a plate on a side, at most."""


def scene_section(scene: Scene) -> bytes:
    """The section."""
    plates = [
        {
            "frames": [plate.frames.start, plate.frames.stop],
            "primary": plate.primary,
            "size": list(plate.sums.shape[:2]),
        }
        for plate in scene.plates
    ]
    described = {
        "part": [scene.part.start, scene.part.stop],
        "plates": plates,
        "size": list(scene.size),
        "is_matte": scene.is_matte,
    }
    return packed(
        described, [pack_array(scene.looks), *(pack_array(plate.sums) for plate in scene.plates), *scene.maps]
    )


def scene_of(section: bytes) -> Scene:
    """What `scene_section` wrote. Raises ValueError, KeyError or TypeError when the section holds something else."""
    described, parts = unpacked(section)
    part, left = FrameRange(*described["part"]), iter(parts)
    looks = unpack_array(next(left), (len(part), LOOKS), np.float32)
    plates = tuple(_plate(one, next(left)) for one in described["plates"])
    maps = tuple(left)
    height, width = (int(length) for length in described.get("size", (MAP_SIZE, MAP_SIZE)))
    if len(maps) != len(part):
        raise ValueError("another number of maps than of frames")
    for one in maps:
        inflated(one, height * width)
    return Scene(part, maps, looks, plates, (height, width), bool(described.get("is_matte", False)))


def _plate(described: Any, data: bytes) -> Plate:
    height, width = (int(length) for length in described["size"])
    if not (1 <= height <= _LARGEST and 1 <= width <= _LARGEST) or described["primary"] not in (1, 2):
        raise ValueError("a plate that no program of ours writes")
    sums = unpack_array(data, (height, width, 5), np.float32)
    return Plate(FrameRange(*described["frames"]), int(described["primary"]), sums)
