"""Detail from photos moves a face only so far from itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from edited_clips import face_at
from facefusion.core import AlignedFace, Float32, Landmarks
from facefusion.processors.face_enhancer import FaceEnhancer, Settings, enhancer
from facefusion.processors.face_enhancer.likeness import held_near
from facefusion.processors.face_enhancer.memory import FaceMemory, Sight


class Brightness:
    """An encoder of one number: how far the mean of the picture went, `reach` to a step of 1."""

    def __init__(self, reach: float) -> None:
        self.reach, self.asked = reach, 0

    def embed(self, pixels: Float32, landmarks: Sequence[Landmarks]) -> Float32:
        self.asked += 1
        return np.full((len(landmarks), 1), self.reach * pixels.mean(), np.float32)


LANDMARKS = face_at(80, 80).landmarks
assert LANDMARKS is not None
GIVEN, SHOWN = np.full((8, 8, 3), 0.2, np.float32), np.full((8, 8, 3), 0.3, np.float32)


@pytest.mark.parametrize(("reach", "share"), [(1.0, 1.0), (1.5, 0.7), (2.5, 0.45), (4.0, 0.25), (9.0, 0.0)])
def test_as_much_comes_over_as_keeps_the_face_itself(reach: float, share: float) -> None:
    assert LANDMARKS is not None
    held = held_near(GIVEN, SHOWN, LANDMARKS, Brightness(reach))
    np.testing.assert_allclose(held, GIVEN + np.float32(share * 0.1), atol=1e-6)


def test_photos_are_bounded_and_frames_of_the_clip_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    face = replace(face_at(80, 80), track_id=1)
    picture = np.full((160, 160, 3), 0.4, np.float32)
    aligned = AlignedFace(picture, np.eye(2, 3, dtype=np.float32), face, 0)
    monkeypatch.setattr(enhancer, "carried", lambda pixels, *_: pixels + np.float32(0.1))
    settings = Settings(restore=0.0, detail=0.0, denoise=0.0, colour=0.0, blend=1.0)
    means = []
    for frame in (5, None):
        encoder, sight = Brightness(9.0), Sight.of(picture, face, 1.0, frame)
        patch = FaceEnhancer(settings, FaceMemory({1: (sight,)}, encoder=encoder)).process_face(aligned)
        assert patch is not None
        means.append((round(float(patch.pixels.mean()), 2), encoder.asked > 0))
    assert means == [(0.5, False), (0.4, True)]
