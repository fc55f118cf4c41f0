"""The product's own path for one still: find, look for what is in front, swap, restrict, paste."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facefusion.blend import BlendSettings, MaskSettings, paste, restrict
from facefusion.core import AlignedFace, Face, Float32, Landmarks, Patch, Pixels, to_unit
from facefusion.errors import NoFaceFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.faces.parse import OcclusionParser
from facefusion.pipeline.prepare import unhidden
from facefusion.pipeline.render_context import Visible
from facefusion.processors.face_swapper import FaceSwapper, Settings

_CHANGES = 1 / 512


@dataclass(frozen=True, slots=True, eq=False)
class Swap:
    """A swapped still.

    pixels: the result. mask: (H, W) float32 in [0, 1], where the edit applies. visible: (H, W) float32, 0 where
    something was found in front of the face. note: what the swapper decided. seconds: wall time of the swap alone.
    """

    pixels: Pixels
    mask: Float32
    touched: NDArray[np.bool_]
    visible: Float32
    note: str
    seconds: float


class Product:
    """Finds faces and swaps them with the settings a user gets who sets nothing."""

    def __init__(self, *, settings: Settings | None = None, mask: MaskSettings | None = None) -> None:
        self.analyser = FaceAnalyser()
        self.settings = settings or Settings()
        self.mask = mask or MaskSettings()
        self.blend = BlendSettings()
        self.parser = OcclusionParser() if self.mask.mask_occlusion else None
        self.look: Visible | None = None if self.parser is None else self.parser.visible

    def largest(self, pixels: Pixels, *, embed: bool = True) -> Face | None:
        """The largest face of a picture, or None."""
        faces = self.analyser.find(pixels, embed=embed)
        return faces[0] if faces else None

    def face(self, pixels: Pixels) -> Face:
        """The largest face of a picture; raises NoFaceFound."""
        found = self.largest(pixels)
        if found is None:
            raise NoFaceFound("benchmark: no face in one of the portraits")
        return found

    def swapper(self, photos: Sequence[Face]) -> FaceSwapper:
        """A swapper that draws the person of `photos`."""
        return FaceSwapper([unhidden(face, self.parser) for face in photos], self.settings)

    def visible(self, face: Face) -> Float32 | None:
        """What a swap of `face` would take for visible, on its whole picture; None when nothing looks."""
        if self.look is None or face.picture is None:
            return None
        aligned = cut_out(face.picture, face, self.look)
        return _on_picture(face.picture, None, aligned)[2]

    def swap(self, swapper: FaceSwapper, target: Face, *, known: Float32 | None = None) -> Swap:
        """`target`'s own picture with its face swapped.

        known: (H, W) float32, what is truly visible, to be taken instead of looking; None: look as the product does.
        """
        picture = target.picture
        if picture is None or target.landmarks is None:
            raise ValueError("swap: got a face without picture or landmarks")
        start = time.perf_counter()
        aligned = cut_out(picture, target, self.look)
        if known is not None:
            aligned = with_known(aligned, known)
        patch = swapper.process_face(aligned)
        if patch is not None:
            patch = restrict(patch, target.landmarks, self.mask)
        result = picture if patch is None else paste(picture, patch, self.blend)
        seconds = time.perf_counter() - start
        mask, touched, visible = _on_picture(picture, patch, aligned)
        return Swap(result, mask, touched, visible, "left_alone" if patch is None else patch.note, seconds)


def cut_out(picture: Pixels, face: Face, look: Visible | None) -> AlignedFace:
    """The native crop that the swapper asks for, with what `look` says of what is in front."""
    if face.landmarks is None:
        raise ValueError("cut_out: got a face without landmarks")
    box = FaceSwapper.crop_box(face, picture.shape[1], picture.shape[0])
    x0, y0, x1, y1 = (int(v) for v in (box.x0, box.y0, box.x1, box.y1))
    matrix = np.array([[1, 0, -x0], [0, 1, -y0]], np.float32)
    crop = picture[y0:y1, x0:x1]
    within = Landmarks(face.landmarks.xy - np.array((x0, y0), np.float32), face.landmarks.z)
    return AlignedFace(to_unit(crop), matrix, face, visible=None if look is None else look(crop, within))


def with_known(aligned: AlignedFace, known: Float32) -> AlignedFace:
    """The same crop with its part of a whole picture's visible mask."""
    x0, y0 = (-int(shift) for shift in aligned.matrix[:, 2])
    height, width = aligned.pixels.shape[:2]
    return replace(aligned, visible=np.ascontiguousarray(known[y0 : y0 + height, x0 : x0 + width]))


def _on_picture(
    picture: Pixels, patch: Patch | None, aligned: AlignedFace
) -> tuple[Float32, NDArray[np.bool_], Float32]:
    mask = np.zeros(picture.shape[:2], np.float32)
    touched = np.zeros(picture.shape[:2], bool)
    visible = np.ones(picture.shape[:2], np.float32)
    x0, y0 = (-int(v) for v in aligned.matrix[:, 2])
    place = np.s_[y0 : y0 + aligned.pixels.shape[0], x0 : x0 + aligned.pixels.shape[1]]
    if aligned.visible is not None:
        visible[place] = aligned.visible
    if patch is not None:
        mask[place] = patch.mask
        touched[place] = patch.mask > 0
        if patch.base is not None:
            touched[place] |= np.abs(patch.base - aligned.pixels).max(axis=2) > _CHANGES
    return mask, touched, visible
