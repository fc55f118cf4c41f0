"""A learned swapper as a face processor: aligned crop in, aligned patch out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, Float32, Landmarks, Patch
from facefusion.core.settings import check_settings
from facefusion.geometry import transforms
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.swappers import Identity, Swapper, unit
from facefusion.processors.face_swapper.settings import Settings

_EDGE = 0.06
"""How far the crop's border fades in, in crop sides."""
Recognise = Callable[[Float32, Landmarks], Float32]
"""(h, w, 3) picture and its five keypoints → (512,) embedding."""


class LearnedSwapper:
    """Puts somebody on an aligned face. Pure and thread-safe: the same input gives the same bytes.

    identity: whose face is put on. recognise: measures who is changed, for `swap_weight` below 1.
    """

    name: ClassVar[str] = "face_swapper"
    crop_kind: CropKind = "template"

    def __init__(
        self, swapper: Swapper, identity: Identity, settings: Settings, recognise: Recognise | None = None
    ) -> None:
        check_settings(settings)
        self.settings = settings
        self.template: TemplateName = swapper.template
        self.crop_size = swapper.size * settings.pixel_boost
        self._swapper, self._identity, self._recognise = swapper, identity, recognise
        self._source = swapper.prepared(replace(identity, share=settings.swap_weight))
        self._source.flags.writeable = False  # so that it is sent to a card once

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole picture: aligned crops are cut by their template."""
        return Box(0.0, 0.0, float(width), float(height))

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The swapped crop; None when the face is turned further than the settings allow."""
        strength = self._strength(aligned.face)
        if strength <= 0:
            return None
        boost = self.settings.pixel_boost
        swapped = self._swapper.swap(phases(aligned.pixels, boost), self._source_for(aligned))
        mask = edge_mask(self.crop_size)
        if swapped.mask is not None:
            mask = mask * joined(swapped.mask, boost)
        note = "done" if strength >= 1 else "weakened"
        return Patch(joined(swapped.pixels, boost), mask * np.float32(strength), aligned.matrix, note=note)

    def _source_for(self, aligned: AlignedFace) -> Float32:
        """The source, mixed with whoever is changed where `swap_weight` asks for that."""
        weight, own = np.float32(self.settings.swap_weight), self._identity.embedding
        if weight >= 1 or own is None or self._recognise is None:
            return self._source
        points = Landmarks(transforms.apply(aligned.matrix, aligned.face.keypoints.xy))
        theirs = unit(self._recognise(aligned.pixels, points)) * np.float32(np.linalg.norm(own))
        return self._swapper.prepared(Identity(own * weight + theirs * (1 - weight)))

    def _strength(self, face: Face) -> float:
        if face.pose is None:
            return 1.0
        turn = max(abs(face.pose.yaw_deg), abs(face.pose.pitch_deg) * 1.2)
        return float(np.clip((self.settings.max_yaw_deg - turn) / 15.0, 0.0, 1.0))


def phases(pixels: Float32, boost: int) -> list[Float32]:
    """`boost`² interleaved pictures: the one at (i, j) holds every `boost`-th pixel from row i, column j on."""
    return [np.ascontiguousarray(pixels[i::boost, j::boost]) for i in range(boost) for j in range(boost)]


def joined(parts: Float32 | Sequence[Float32], boost: int) -> Float32:
    """The opposite of `phases`, for pictures or planes."""
    if boost == 1:
        return parts[0]
    height, width = parts[0].shape[:2]
    whole = np.empty((height * boost, width * boost, *parts[0].shape[2:]), np.float32)
    for number, part in enumerate(parts):
        whole[number // boost :: boost, number % boost :: boost] = part
    return whole


@lru_cache(maxsize=8)
def edge_mask(size: int) -> Float32:
    """(size, size) float32: 1 inside, softly 0 at the crop's border, where a network sees no surroundings."""
    mask = np.zeros((size, size), np.float32)
    inset = max(round(size * _EDGE), 1)
    mask[inset:-inset, inset:-inset] = 1
    side = 2 * inset + 1
    soft: Float32 = cv2.blur(mask, (side, side), borderType=cv2.BORDER_CONSTANT)
    soft.flags.writeable = False
    return soft
