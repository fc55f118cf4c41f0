"""Makes a face clearer with what is in the picture already; invents nothing."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, Float32, Landmarks, Patch
from facefusion.core.settings import check_settings
from facefusion.processors.face_enhancer.carry import carried
from facefusion.processors.face_enhancer.layers import denoised_chroma, enhanced_luma, noise_of
from facefusion.processors.face_enhancer.likeness import held_near
from facefusion.processors.face_enhancer.memory import FaceMemory, Sight
from facefusion.processors.face_enhancer.network import restored
from facefusion.processors.face_enhancer.regions import Regions, crop_box, regions_of
from facefusion.processors.face_enhancer.settings import Settings
from facefusion.processors.face_enhancer.tone import cast_of, without_cast

_SMALLEST_EYES_PX = 8.0


class FaceEnhancer:
    """Detail, denoise, local contrast and colour for one face; a pure function of its input, safe in threads."""

    name: ClassVar[str] = "face_enhancer"
    crop_kind: CropKind = "native"

    def __init__(self, settings: Settings | None = None, memory: FaceMemory | None = None) -> None:
        self._settings, self._memory = settings or Settings(), memory or FaceMemory()
        check_settings(self._settings)

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole-pixel crop that `process_face` wants of a picture of `width` × `height`."""
        return crop_box(face, width=width, height=height)

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The enhanced crop, or None when the face is too small or its landmarks are unknown."""
        landmarks = aligned.face.landmarks
        scale_px = aligned.face.eye_distance_px * float(np.sqrt(abs(np.linalg.det(aligned.matrix[:, :2]))))
        if landmarks is None or scale_px < _SMALLEST_EYES_PX or self._settings.blend <= 0.0:
            return None
        xy = landmarks.xy @ aligned.matrix[:, :2].T + aligned.matrix[:, 2]
        h, w = aligned.pixels.shape[:2]
        regions = regions_of(xy.astype(np.float32), (h, w), scale_px)
        sights = self._memory.of(aligned.face, aligned.frame_index)
        xyz = np.column_stack([xy, landmarks.xyz[:, 2] * scale_px / max(aligned.face.eye_distance_px, 1e-6)])
        shown = self._carried(aligned.pixels, xyz.astype(np.float32), scale_px, sights)
        clear = restored(shown, scale_px, self._settings.restore)
        pixels = _enhanced(clear, regions, scale_px, self._settings)
        mask = regions.face * np.float32(self._settings.blend)
        return Patch(pixels, mask, aligned.matrix, visible=aligned.visible)

    def _carried(self, pixels: Float32, xyz: Float32, scale_px: float, sights: tuple[Sight, ...]) -> Float32:
        """`pixels` with detail of `sights`; photos, which may be of another year, move the face only so far."""
        shown, encoder = carried(pixels, xyz, scale_px, sights, self._settings.carry), self._memory.encoder
        if encoder is None or shown is pixels or all(sight.frame is not None for sight in sights):
            return shown
        return held_near(pixels, shown, Landmarks(xyz[:, :2].copy(), xyz[:, 2].copy()), encoder)


def _enhanced(pixels: Float32, regions: Regions, scale_px: float, settings: Settings) -> Float32:
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    skin = regions.face * (1 - regions.features)
    noise = noise_of(luma, skin)
    clear = enhanced_luma(
        luma, regions.features, scale_px=scale_px, noise=noise,
        denoise=settings.denoise, detail=settings.detail, contrast=settings.contrast,
    )  # fmt: skip
    chroma = [
        denoised_chroma(c, luma, regions.features, scale_px=scale_px, noise=noise, denoise=settings.denoise)
        for c in (red, blue)
    ]
    rgb = np.clip(cv2.cvtColor(cv2.merge([clear, *chroma]), cv2.COLOR_YCrCb2RGB), 0, 1)
    return without_cast(rgb, cast_of(pixels, skin), settings.colour)
