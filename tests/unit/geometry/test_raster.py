import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.raster import rasterize, vertex_normals
from facefusion.geometry.uv_maps import uv_maps, uv_pixels

SQUARE = np.array([[2, 2], [12, 2], [12, 12], [2, 12]], np.float32)
HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def test_attributes_are_affine_in_the_picture() -> None:
    out, covered = rasterize(SQUARE, np.zeros(4, np.float32), HALVES, SQUARE, (16, 16))
    rows, columns = np.nonzero(covered)
    assert covered.sum() == 11 * 11
    np.testing.assert_allclose(out[rows, columns], np.column_stack([columns, rows]), atol=1e-4)


def test_the_nearer_triangle_wins_whatever_the_order() -> None:
    xy = np.vstack([SQUARE, SQUARE])
    depth = np.array([5.0] * 4 + [1.0] * 4, np.float32)
    label = np.array([[0.0]] * 4 + [[1.0]] * 4, np.float32)
    triangles = np.vstack([HALVES, HALVES + 4]).astype(np.int32)
    for order in (triangles, triangles[::-1]):
        out, covered = rasterize(xy, depth, order, label, (16, 16))
        assert (out[covered] == 1.0).all()


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_what_lies_outside_the_picture_is_cut_off(dx: float, dy: float) -> None:
    moved = SQUARE + np.array([dx, dy], np.float32)
    _, covered = rasterize(moved, np.zeros(4, np.float32), HALVES, SQUARE, (16, 16))
    x = np.arange(16)
    inside_x = ((x >= moved[0, 0] - 1e-3) & (x <= moved[1, 0] + 1e-3)).sum()
    inside_y = ((x >= moved[0, 1] - 1e-3) & (x <= moved[3, 1] + 1e-3)).sum()
    assert covered.sum() <= inside_x * inside_y


def test_normals_of_the_canonical_face_look_at_the_camera() -> None:
    mesh = canonical_mesh()
    normals = vertex_normals(mesh.vertices_cm * np.array([1, -1, -1], np.float32), mesh.triangles)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-4)
    assert normals[4, 2] < -0.9
    assert (normals[:, 2] < 0.3).mean() > 0.95


def test_uv_maps_know_skin_beard_and_outline() -> None:
    maps = uv_maps(256)
    points = np.round(uv_pixels(256)).astype(int)
    at = {
        name: tuple(points[index][::-1]) for name, index in {"cheek": 50, "lip": 13, "brow": 105, "chin": 199}.items()
    }
    assert maps.skin[at["cheek"]] == 1.0
    assert maps.skin[at["lip"]] == 0.0
    assert maps.skin[at["brow"]] == 0.0
    assert maps.beard[at["chin"]] == 1.0
    assert maps.inset_cm[at["cheek"]] > 2.0
    edge = points[[10, 152, 234, 454]]
    assert maps.inset_cm[edge[:, 1], edge[:, 0]].max() < 0.4
