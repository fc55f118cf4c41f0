import numpy as np
import pytest

from facefusion.blend import MaskSettings, face_mask, restrict
from facefusion.core import Landmarks, Patch
from facefusion.geometry.mesh import canonical_mesh


@pytest.fixture
def landmarks() -> Landmarks:
    vertices = canonical_mesh().vertices_cm * np.array([10, -10, -10], np.float32)
    irises = np.repeat(vertices[[33, 263]], 5, axis=0)
    points = np.vstack([vertices, irises])
    return Landmarks((points[:, :2] + 100).astype(np.float32), points[:, 2].astype(np.float32))


def value_at(mask: np.ndarray, landmarks: Landmarks, index: int) -> float:
    x, y = np.round(landmarks.xy[index]).astype(int)
    return float(mask[y, x])


def test_full_inside_and_nothing_at_the_outline(landmarks: Landmarks) -> None:
    mask = face_mask(landmarks, (200, 200), MaskSettings())
    assert value_at(mask, landmarks, 4) > 0.99
    assert max(value_at(mask, landmarks, k) for k in (10, 152, 234, 454)) < 0.1
    assert mask[:5].max() == 0
    assert 0.0 <= mask.min() <= mask.max() <= 1.0


def test_a_wider_blur_reaches_further_in(landmarks: Landmarks) -> None:
    narrow = face_mask(landmarks, (200, 200), MaskSettings(mask_blur=0.05))
    wide = face_mask(landmarks, (200, 200), MaskSettings(mask_blur=0.6))
    assert wide.sum() < narrow.sum() * 0.9
    assert ((narrow > 0) | (wide == 0)).all()


def test_padding_moves_only_its_own_edge(landmarks: Landmarks) -> None:
    plain = face_mask(landmarks, (200, 200), MaskSettings())
    padded = face_mask(landmarks, (200, 200), MaskSettings(mask_padding_top=0.4))
    top, chin = landmarks.xy[[10, 152], 1].astype(int)
    column = int(landmarks.xy[4, 0])
    assert padded[top + 15, column] < plain[top + 15, column] - 0.3
    assert abs(padded[chin - 15, column] - plain[chin - 15, column]) < 0.05


@pytest.mark.parametrize(
    ("areas", "shown", "hidden"),
    [(("upper",), 151, 199), (("lower",), 199, 151), (("mouth",), 13, 151), (("eyes",), 159, 199)],
)
def test_areas_are_windows(landmarks: Landmarks, areas: tuple[str, ...], shown: int, hidden: int) -> None:
    mask = face_mask(landmarks, (200, 200), MaskSettings(mask_areas=areas))  # type: ignore[arg-type]
    assert value_at(mask, landmarks, shown) > 0.6
    assert value_at(mask, landmarks, hidden) < 0.05


def test_restrict_applies_the_painted_mask_and_can_ignore_what_is_in_front(landmarks: Landmarks) -> None:
    size = (200, 200)
    painted = np.zeros(size, np.float32)
    painted[:, :100] = 1.0
    patch = Patch(
        np.zeros((*size, 3), np.float32), np.ones(size, np.float32), np.eye(2, 3, dtype=np.float32), visible=painted
    )
    kept = restrict(patch, landmarks, MaskSettings(), painted)
    assert kept.mask[:, 100:].max() == 0
    assert kept.mask[:, :100].max() > 0.9
    assert kept.visible is painted
    assert restrict(patch, landmarks, MaskSettings(mask_occlusion=False)).visible is None
