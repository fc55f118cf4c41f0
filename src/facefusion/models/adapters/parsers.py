"""What belongs to a face: an aligned face in, where the face itself is seen out."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from facefusion.core import Float32
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session

FACE_CLASSES = (1, 2, 3, 4, 5, 10, 11, 12, 13)
"""CelebAMask-HQ: skin, brows, eyes, nose, mouth, lips; glasses, ears, hair, neck, hat and clothes are not the face."""


class FaceParser(Protocol):
    """What parsers and occluders can do. size, template: of the aligned face."""

    size: int
    template: TemplateName

    def visible(self, face: Float32) -> Float32:
        """(size, size) float32 in [0, 1]: 1 where `face` (size, size, 3) RGB in [0, 1] shows the face itself."""


class BiSeNet:
    """19 classes a pixel (Yu et al. 2018, trained on CelebAMask-HQ)."""

    contract: ClassVar[str] = "bisenet"

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session), template

    def classes(self, face: Float32) -> NDArray[Any]:
        """(size, size) uint8: the class of each pixel."""
        logits = self._session.run_each(self._session.inputs[0].encode(face))[0][0]
        return logits.argmax(axis=0).astype(np.uint8)

    def visible(self, face: Float32) -> Float32:
        return np.isin(self.classes(face), FACE_CLASSES).astype(np.float32)


class XSeg:
    """DeepFaceLab's: one mask, NHWC, BGR."""

    contract: ClassVar[str] = "xseg"

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session), template

    def visible(self, face: Float32) -> Float32:
        found = self._session.run_each(self._session.inputs[0].encode(face))[0]
        mask: Float32 = np.clip(self._session.outputs[0].decode(found)[0, ..., 0], 0, 1)
        return mask
