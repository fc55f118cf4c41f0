"""Puts somebody who does not exist on a face, or covers it. What must not show is covered wherever that is unsure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from facefusion.core import AlignedFace, Box, CropKind, Face, FaceProcessor, Float32, Landmarks, Patch
from facefusion.core.settings import check_settings
from facefusion.processors.face_anonymiser.covers import cells_across, covered
from facefusion.processors.face_anonymiser.region import Region, cut_to, joined, region_of
from facefusion.processors.face_anonymiser.settings import Cover, Settings

Dress = Callable[[Face], FaceProcessor | None]
"""What puts somebody who does not exist on a face: for the same person of the medium always the same. None: that
does not hide who this is, so that the face has to be covered."""
COVERED = "covered"
_SURE = 0.5
"""Below this presence of a face in its own landmarks nothing is drawn on them."""
_GUESSED = 1.3
"""How much larger the region of a face is whose place was not measured but guessed."""
_TURNING_DEG = 8.0
"""Over these degrees before `max_yaw_deg` the cover fades in; over as many after it the drawn person fades out."""


class FaceAnonymiser:
    """Hides who somebody is. Pure and safe in threads as far as `dress` is.

    dress: gives the processor that draws on a face; needed for the method "person" alone. put_on: for each person of
    the medium the name of who is put on, and how far the result is from the person, infinite where that is unknown.
    """

    name: ClassVar[str] = "face_anonymiser"
    crop_kind: CropKind = "native"

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        dress: Dress | None = None,
        put_on: Mapping[int, tuple[str, float]] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        check_settings(self.settings)
        if self.settings.method == "person" and dress is None:
            raise ValueError('face_anonymiser: got the method "person" without anybody to put on')
        self.put_on = dict(put_on or {})
        self._dress = dress if self.settings.method == "person" else None

    def crop_box(self, face: Face, width: int, height: int) -> Box:
        """The whole-pixel part of a `width` × `height` picture that hiding `face` may change or must see."""
        if face.landmarks is None:
            return Box(0.0, 0.0, 0.0, 0.0)
        box = cut_to(self._region(face, face.landmarks).reach, width, height)
        drawer = None if self._dress is None else self._dress(face)
        if drawer is None:
            return box
        drawn = drawer.crop_box(face, width, height)
        return joined(box, drawn) if box.area else drawn

    def process_face(self, aligned: AlignedFace) -> Patch | None:
        """The hidden face as a patch, or None when it was not measured densely."""
        landmarks = aligned.face.landmarks
        if landmarks is None:
            return None
        turned = _turned_deg(aligned.face) - self.settings.max_yaw_deg
        is_sure = aligned.face.score > 0 and aligned.face.visibility >= _SURE and turned < _TURNING_DEG
        drawer = self._dress(aligned.face) if self._dress is not None and is_sure else None
        drawn = None if drawer is None else drawer.process_face(aligned)
        if drawn is not None and turned <= -_TURNING_DEG:
            return drawn
        return self._covered(aligned, landmarks, drawn, turned)

    def _covered(self, aligned: AlignedFace, landmarks: Landmarks, drawn: Patch | None, turned: float) -> Patch:
        """The cover, and in it what may still be drawn of the person who is put on."""
        shift = aligned.matrix[:, 2]
        region = self._region(aligned.face, landmarks).shifted(shift)
        within = Landmarks((landmarks.xy + shift).astype(np.float32), landmarks.z)
        pixels = covered(aligned.pixels, region, within, self._cover, self._cells)
        mask = region.mask(aligned.pixels.shape[:2])
        if drawn is not None:
            return _faded(aligned.pixels, pixels, mask, drawn, turned / _TURNING_DEG)
        return Patch(pixels, mask, aligned.matrix, note=COVERED, is_opaque=True)

    @property
    def _cover(self) -> Cover:
        return self.settings.cover if self.settings.method == "person" else self.settings.method

    @property
    def _cells(self) -> int:
        """Across the region; of no meaning where the cover is one colour or a mask."""
        if self._cover not in ("blur", "pixelate"):
            return 1
        return cells_across(self._cover, self.settings.region, self.settings.strength)

    def _region(self, face: Face, landmarks: Landmarks) -> Region:
        is_head = self.settings.region == "head"
        return region_of(landmarks, is_head=is_head, grown=1.0 if face.score > 0 else _GUESSED)


def _turned_deg(face: Face) -> float:
    return 0.0 if face.pose is None else max(abs(face.pose.yaw_deg), abs(face.pose.pitch_deg) * 1.2)


def _faded(before: Float32, cover: Float32, mask: Float32, drawn: Patch, turned: float) -> Patch:
    """From the drawn person to the cover: first the cover comes up around it, then the person goes.

    turned: -1 to 1.
    """
    rising, leaving = min(1.0 + turned, 1.0), max(turned, 0.0)
    visible = np.ones_like(mask) if drawn.visible is None else drawn.visible
    ground = before + (cover - before) * (mask * np.float32(rising))[..., None]
    share = drawn.mask * visible * np.float32(1.0 - leaving)
    pixels = ground + (drawn.pixels - ground) * share[..., None]
    touched = np.maximum(mask, (drawn.mask > 0).astype(np.float32))
    return Patch(pixels, touched, drawn.matrix, note=COVERED, is_opaque=True)
