"""Learned face restorers: aligned faces in, clearer ones out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from facefusion.core import Float32
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session


class FaceRestorer:
    """GFPGAN, GPEN, RestoreFormer++: one picture in, one out."""

    contract: ClassVar[str] = "face_restorer"

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session), template

    def restore(self, faces: Sequence[Float32], fidelity: float = 0.5) -> Float32:
        """(n, size, size, 3) float32 RGB in [0, 1] of aligned `faces`. fidelity: 1 keeps most of the input."""
        session = self._session
        found = session.run_each(session.inputs[0].encode_many(faces), *self._rest(fidelity))[0]
        return np.clip(session.outputs[0].decode(found), 0, 1)

    def _rest(self, fidelity: float) -> tuple[Float32, ...]:
        return ()


class CodeFormer(FaceRestorer):
    """CodeFormer (Zhou et al. 2022) takes the fidelity as a second input."""

    contract: ClassVar[str] = "codeformer"

    def _rest(self, fidelity: float) -> tuple[Float32, ...]:
        return (np.array([fidelity]),)
