"""Who a face is, by 512 numbers (ArcFace, Deng et al. 2019): what learned swappers are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from facefusion.core import Float32
from facefusion.geometry.templates import TemplateName
from facefusion.models.adapters.swappers import picture_side
from facefusion.models.sessions import Session


class ArcFace:
    """Any network that takes aligned faces of 112 pixels and gives 512 numbers."""

    contract: ClassVar[str] = "arcface"

    def __init__(self, session: Session, template: TemplateName) -> None:
        self._session, self.size, self.template = session, picture_side(session), template

    def embed(self, faces: Sequence[Float32]) -> Float32:
        """(n, 512) float32, not normalised, of aligned faces (112, 112, 3) RGB in [0, 1]."""
        session = self._session
        if not len(faces):
            return np.zeros((0, 512), np.float32)
        return session.run_each(session.inputs[0].encode_many(faces))[0].astype(np.float32)


def averaged(embeddings: Float32) -> Float32:
    """(512,) float32: one person's embedding out of several photos', (n, 512): the mean, as long as they are."""
    mean: Float32 = embeddings.mean(axis=0).astype(np.float32)
    length = float(np.linalg.norm(embeddings, axis=1).mean())
    return mean * np.float32(length / max(float(np.linalg.norm(mean)), 1e-12))
