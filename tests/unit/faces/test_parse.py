import numpy as np
import pytest

from facefusion.core import Face
from facefusion.faces.parse import INPUT_SIZE, OcclusionParser, mesh_guide, upright_matrix


@pytest.fixture(scope="module")
def parser() -> OcclusionParser:
    return OcclusionParser()


def test_the_crop_is_upright_and_holds_the_mesh(astronaut_face: Face) -> None:
    assert astronaut_face.landmarks is not None
    xy = astronaut_face.landmarks.xy
    matrix = upright_matrix(xy)
    placed = xy[:468] @ matrix[:, :2].T + matrix[:, 2]
    assert abs(placed[263, 1] - placed[33, 1]) < 0.01
    assert np.ptp(placed, axis=0).max() == pytest.approx(INPUT_SIZE / 1.3, abs=0.1)
    guide = mesh_guide(astronaut_face.landmarks, matrix)
    assert guide.shape == (INPUT_SIZE, INPUT_SIZE, 3)
    assert 0.25 < guide[..., 0].mean() < 0.6
    assert guide[..., 1:].max() <= 1.0


def test_a_clear_face_is_seen(parser: OcclusionParser, astronaut: np.ndarray, astronaut_face: Face) -> None:
    assert astronaut_face.landmarks is not None
    visible = parser.visible(astronaut, astronaut_face.landmarks)
    assert visible.shape == astronaut.shape[:2]
    for vertex in (4, 50, 280, 205, 425, 13, 105, 334):
        x, y = astronaut_face.landmarks.xy[vertex].astype(int)
        assert visible[y, x] > 0.9, vertex
    assert visible[400:].min() == 1.0


def test_a_bar_before_the_face_is_found(parser: OcclusionParser, astronaut: np.ndarray, astronaut_face: Face) -> None:
    assert astronaut_face.landmarks is not None
    picture = astronaut.copy()
    x, y = astronaut_face.landmarks.xy[50].astype(int)
    picture[:, x - 7 : x + 7] = (40, 90, 160)
    visible = parser.visible(picture, astronaut_face.landmarks)
    assert (visible[y - 15 : y + 15, x - 6 : x + 6] < 0.1).mean() > 0.95
    nose_x, nose_y = astronaut_face.landmarks.xy[4].astype(int)
    assert visible[nose_y, nose_x] > 0.9


def test_depth_and_place_of_the_crop_do_not_matter(
    parser: OcclusionParser, astronaut: np.ndarray, astronaut_face: Face
) -> None:
    from facefusion.core import Landmarks, to_unit

    assert astronaut_face.landmarks is not None
    whole = parser.visible(astronaut, astronaut_face.landmarks)
    shift = np.array([150, 20], np.float32)
    moved = Landmarks(astronaut_face.landmarks.xy - shift, astronaut_face.landmarks.z)
    part = parser.visible(to_unit(astronaut)[20:240, 150:320], moved)
    apart = np.abs(part[40:180, 40:130] - whole[60:200, 190:280])
    assert apart.max() < 0.3
    assert apart.mean() < 0.01
