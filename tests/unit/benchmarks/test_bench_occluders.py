import numpy as np
import pytest
from benchmarks.occluders import KINDS, Place, occlude
from benchmarks.strokes import Canvas, Ink

from facefusion.core import HeadPose, Landmarks
from facefusion.faces.analyser import face_of
from facefusion.geometry.mesh import canonical_mesh
from facefusion.geometry.pose import RigidFit, rotation_of


@pytest.fixture(scope="module")
def face():
    """A face of 60 px eye distance in a flat grey picture of 300 × 260."""
    camera = RigidFit(rotation_of(HeadPose(0, 0, 0)), np.array([130, 150], np.float32), 60 / 6.3, 1 / 70, 0.0)
    xy, z = camera.project(canonical_mesh().vertices_cm)
    eyes = [(xy[33] + xy[133]) / 2, (xy[362] + xy[263]) / 2]
    irises = np.concatenate([np.tile(eye, (5, 1)) for eye in eyes]).astype(np.float32)
    landmarks = Landmarks(np.vstack([xy, irises]), np.append(z, np.zeros(10, np.float32)))
    from dataclasses import replace

    return replace(face_of(landmarks, 1.0, 1.0), picture=np.full((300, 260, 3), 128, np.uint8))


@pytest.mark.parametrize("kind", KINDS)
def test_an_occluder_lies_over_the_face_and_nothing_changes_where_alpha_is_0(face, kind):
    found = occlude(face, kind, seed=5)
    assert found.alpha.shape == (300, 260)
    assert found.alpha.min() >= 0
    assert found.alpha.max() == pytest.approx(1.0, abs=0.01)
    solid = found.alpha >= 0.5
    assert (solid & found.outline).sum() > 50
    far = (found.alpha == 0) & (np.abs(found.pixels.astype(int) - 128).max(axis=2) > 0)
    if kind in ("glasses", "hair"):
        assert not far.any(), "neither throws a shadow"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_and_another_seed_does_not(face, kind):
    first, again, other = (occlude(face, kind, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.alpha, again.alpha)
    assert not np.array_equal(first.alpha, other.alpha)


def test_the_picture_is_the_mix_that_alpha_says(face):
    found = occlude(face, "glasses", seed=1)
    half = (found.alpha > 0.05) & (found.alpha < 0.95)
    color = (found.pixels.astype(np.float32) - 128 * (1 - found.alpha[..., None])) / found.alpha[..., None].clip(0.05)
    assert half.any()
    assert color[half].min() > -25
    assert color[half].max() < 280


def test_the_input_is_left_as_it_was(face):
    before = face.picture.copy()
    occlude(face, "hand", seed=2)
    assert np.array_equal(face.picture, before)


def test_a_rod_covers_its_area():
    canvas = Canvas((80, 120))
    canvas.rod(np.array([20, 40], np.float32), np.array([100, 40], np.float32), 10, 10, Ink((200, 100, 50)))
    color, alpha = canvas.finished(np.random.default_rng(0))
    assert alpha.sum() == pytest.approx(80 * 10 + np.pi * 25, rel=0.05)
    assert alpha[40, 60] == 1
    assert alpha[30, 60] == 0
    assert color[40, 60] == pytest.approx([200, 100, 50], abs=6)


def test_a_rod_beyond_the_border_is_cut():
    canvas = Canvas((40, 40))
    canvas.rod(np.array([-200, 20], np.float32), np.array([200, 20], np.float32), 8, 8, Ink((9, 9, 9)))
    canvas.rod(np.array([500, 500], np.float32), np.array([600, 500], np.float32), 8, 8, Ink((9, 9, 9)))
    _, alpha = canvas.finished(np.random.default_rng(0))
    assert alpha.sum() == pytest.approx(8 * 40, rel=0.05)


def test_places_are_measured_from_between_the_eyes(face):
    place = Place.of(face.landmarks)
    assert place.at(-0.5, 0) == pytest.approx(face.landmarks.xy[468], abs=1e-3)
    assert place.at(0.5, 0) == pytest.approx(face.landmarks.xy[473], abs=1e-3)
    assert place.at(0, 1)[1] > place.eyes[1]
