"""Drawn occluders with known alpha. `FAMILIES` lists them with how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable

from tools.train_face_occlusion.occluders import bars, eyewear, hairs, hands, things
from tools.train_face_occlusion.occluders.scene import Bank, Layer, Scene

FAMILIES: tuple[tuple[Callable[[Scene], Layer], float], ...] = (
    (bars.bars, 10),
    (bars.cables, 6),
    (bars.fence, 3),
    (bars.polygon, 7),
    (bars.edge_object, 4),
    (bars.spots, 2),
    (hands.hand, 9),
    (hands.fingers, 9),
    (hands.flat_hand, 7),
    (eyewear.glasses, 13),
    (eyewear.sunglasses, 5),
    (eyewear.patch, 1),
    (hairs.strands, 9),
    (hairs.lock, 8),
    (hairs.fringe, 7),
    (hairs.curls, 4),
    (hairs.natural, 7),
    (things.microphone, 8),
    (things.cup, 4),
    (things.board, 6),
    (things.scarf, 4),
    (things.cap, 4),
    (things.hood, 1.5),
    (things.text, 3),
    (things.other_face, 4),
)

__all__ = ["FAMILIES", "Bank", "Layer", "Scene"]
