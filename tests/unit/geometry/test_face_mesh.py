"""The canonical mesh: its topology, symmetry and names."""

from collections import Counter

import numpy as np
import pytest

from facefusion.geometry.mesh import canonical_mesh

MESH = canonical_mesh()


def edges(triangles: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter(tuple(sorted((int(t[i]), int(t[(i + 1) % 3])))) for t in triangles for i in range(3))


def ring(name: str) -> set[tuple[int, int]]:
    points = [int(i) for i in MESH.regions[name]]
    return {tuple(sorted(pair)) for pair in zip(points, points[1:] + points[:1], strict=True)}


def test_shapes() -> None:
    assert MESH.vertices_cm.shape == (468, 3)
    assert MESH.uv.shape == (468, 2)
    assert MESH.triangles.shape == (898, 3)
    assert MESH.mirror.shape == (478,)
    assert 0 <= MESH.uv.min() < MESH.uv.max() <= 1


def test_arrays_cannot_be_written() -> None:
    for array in (MESH.vertices_cm, MESH.uv, MESH.triangles, MESH.mirror, *MESH.groups.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_only_boundary_is_the_face_oval() -> None:
    boundary = {edge for edge, count in edges(MESH.triangles).items() if count == 1}
    assert boundary == ring("face_oval")
    assert max(edges(MESH.triangles).values()) == 2


@pytest.mark.parametrize(
    ("group", "contour"),
    [
        ("mouth_opening", "lips_inner"),
        ("image_left_eye_opening", "image_left_eye"),
        ("image_right_eye_opening", "image_right_eye"),
    ],
)
def test_an_opening_fills_its_contour(group: str, contour: str) -> None:
    boundary = {edge for edge, count in edges(MESH.groups[group]).items() if count == 1}
    assert boundary == ring(contour)


def test_groups_are_a_partition() -> None:
    together = np.concatenate(list(MESH.groups.values()))
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, MESH.triangles.tolist()))


def test_lips_lie_between_their_contours() -> None:
    boundary = {edge for edge, count in edges(MESH.groups["lips"]).items() if count == 1}
    assert boundary == ring("lips_outer") | ring("lips_inner")


def test_the_mirror_is_exact_and_its_own_inverse() -> None:
    mirrored = MESH.vertices_cm[MESH.mirror[:468]] * (-1, 1, 1)
    np.testing.assert_allclose(mirrored, MESH.vertices_cm, atol=1e-6)
    np.testing.assert_array_equal(MESH.mirror[MESH.mirror], np.arange(478))
    same = {frozenset(t) for t in MESH.triangles.tolist()}
    assert {frozenset(t) for t in MESH.mirror[MESH.triangles].tolist()} == same


def test_left_is_the_viewers_left() -> None:
    x = MESH.vertices_cm[:, 0]
    for part in ("eye", "brow"):
        assert x[MESH.regions[f"image_left_{part}"]].max() < 0 < x[MESH.regions[f"image_right_{part}"]].min()
        assert set(MESH.mirror[MESH.regions[f"image_left_{part}"]]) == set(MESH.regions[f"image_right_{part}"])


def test_contours_run_clockwise_in_the_picture() -> None:
    for name in ("face_oval", "image_left_eye", "image_right_eye", "lips_outer", "image_left_brow", "image_right_brow"):
        x, y = MESH.vertices_cm[MESH.regions[name], :2].T.astype(np.float64)
        area = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()
        assert area < 0, name  # y is up, so clockwise is negative


def test_triangles_face_the_camera() -> None:
    corners = MESH.vertices_cm[MESH.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normals[:, 2] > 0).mean() > 0.98


def test_uv_looks_like_the_face() -> None:
    chin, forehead, nose = MESH.uv[152], MESH.uv[10], MESH.uv[1]
    assert forehead[1] < nose[1] < chin[1]
    assert MESH.uv[33, 0] < nose[0] < MESH.uv[263, 0]


def test_forehead_and_nose_are_where_they_belong() -> None:
    assert {10, 151, 338, 109} <= set(MESH.regions["forehead"].tolist())
    assert not {9, 168, 70} & set(MESH.regions["forehead"].tolist())
    assert {1, 4, 5, 195, 2, 64, 294} <= set(MESH.regions["nose"].tolist())
    assert not {0, 33, 133, 61} & set(MESH.regions["nose"].tolist())
