"""Detail of sharper pictures of the same face comes over where it belongs, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edited_clips import face_at
from facefusion.core import Face, FaceMeasures, Float32, Track, to_unit
from facefusion.faces.analyser import FaceAnalyser
from facefusion.processors.face_enhancer.carry import carried, nearest
from facefusion.processors.face_enhancer.memory import FaceMemory, Sight, sharpest
from facefusion.processors.face_enhancer.regions import crop_box
from portraits import astronaut, somebody_else

SHARP = astronaut()
SHIFT = np.array([[0.97, 0.06, 6.3], [-0.06, 0.97, 20.4]], np.float32)


def found_in(pixels: NDArray[np.uint8]) -> Face:
    return FaceAnalyser().find(pixels, embed=False)[0]


@pytest.fixture(scope="module")
def sight() -> Sight:
    return Sight.of(SHARP, found_in(SHARP), 1.0, 3)


@pytest.fixture(scope="module")
def turned() -> tuple[Float32, Float32, Float32, float]:
    """(truth, blurred, landmarks in their pixels, eye distance) of the same face, turned and moved."""
    moved = cv2.warpAffine(SHARP, SHIFT, (512, 512), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    blurred = cv2.GaussianBlur(moved, (0, 0), 1.8)
    face = found_in(blurred)
    box = crop_box(face, width=512, height=512)
    part = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    assert face.landmarks is not None
    xyz = face.landmarks.xyz - np.array([box.x0, box.y0, 0], np.float32)
    return to_unit(moved[part]), to_unit(blurred[part]), xyz.astype(np.float32), face.eye_distance_px


def psnr(a: Float32, b: Float32) -> float:
    inner = np.s_[a.shape[0] // 4 : -a.shape[0] // 4, a.shape[1] // 4 : -a.shape[1] // 4]
    return float(-10 * np.log10(np.square(a[inner] - b[inner]).mean()))


def test_a_blurred_face_comes_much_nearer_to_the_truth(
    turned: tuple[Float32, Float32, Float32, float], sight: Sight
) -> None:
    truth, blurred, xyz, eyes = turned
    before = blurred.copy()
    clear = carried(blurred, xyz, eyes, [sight], 1.0)
    np.testing.assert_array_equal(blurred, before)
    assert psnr(clear, truth) > psnr(blurred, truth) + 3
    half = carried(blurred, xyz, eyes, [sight], 0.5)
    np.testing.assert_allclose(half - blurred, (clear - blurred) / 2, atol=0.02)


def test_a_sharp_face_stays_as_it_is(turned: tuple[Float32, Float32, Float32, float], sight: Sight) -> None:
    truth, _, xyz, eyes = turned
    assert float(np.abs(carried(truth, xyz, eyes, [sight], 1.0) - truth).mean()) < 0.3 / 255


def test_light_and_colour_are_those_of_the_frame(turned: tuple[Float32, Float32, Float32, float], sight: Sight) -> None:
    truth, blurred, xyz, eyes = turned
    dark = Sight(np.asarray(sight.pixels * np.array([0.4, 0.5, 0.6]), np.uint8), sight.xyz, 1.0)
    clear = carried(blurred, xyz, eyes, [dark], 1.0)
    assert psnr(clear, truth) > psnr(blurred, truth) + 2
    assert float(np.abs(clear.mean(axis=(0, 1)) - truth.mean(axis=(0, 1))).max()) < 0.01


def _mirrored(sight: Sight) -> Sight:
    """The features upside down: nothing agrees with the frame."""
    return Sight(np.ascontiguousarray(sight.pixels[::-1]), sight.xyz, 1.0)


def _noise(sight: Sight) -> Sight:
    return Sight(np.random.default_rng(1).integers(0, 255, sight.pixels.shape).astype(np.uint8), sight.xyz, 1.0)


def _stranger(sight: Sight) -> Sight:
    pixels = somebody_else()
    return Sight.of(pixels, found_in(pixels), 1.0)


@pytest.mark.parametrize("wrong", [_mirrored, _noise, _stranger])
def test_what_does_not_agree_with_the_frame_stays_out(
    turned: tuple[Float32, Float32, Float32, float], sight: Sight, wrong: Callable[[Sight], Sight]
) -> None:
    _, blurred, xyz, eyes = turned
    right = np.abs(carried(blurred, xyz, eyes, [sight], 1.0) - blurred).mean()
    assert np.abs(carried(blurred, xyz, eyes, [wrong(sight)], 1.0) - blurred).mean() < 0.35 * right


def test_the_nearest_pose_counts_most_and_nothing_jumps(sight: Sight) -> None:
    rng = np.random.default_rng(0)
    others = [Sight(sight.pixels, sight.xyz + rng.normal(0, 2 * k, sight.xyz.shape).astype(np.float32), 1.0)
              for k in range(1, 6)]  # fmt: skip
    chosen = nearest(sight.xyz, [*others, sight])
    assert chosen[0][0] is sight
    assert chosen[0][1] == pytest.approx(1)
    assert len(chosen) == 3
    assert all(0 < weight <= 1 for _, weight in chosen)
    assert nearest(sight.xyz, []) == []


def test_the_frame_itself_and_other_people_are_not_remembered(sight: Sight) -> None:
    memory = FaceMemory({1: (sight,)})
    face = replace(face_at(60, 80), track_id=1)
    assert memory.of(face, 4) == (sight,)
    assert memory.of(face, 3) == ()
    assert memory.of(replace(face, track_id=2), 4) == ()


def test_the_digest_knows_every_pixel(sight: Sight) -> None:
    pixels = sight.pixels.copy()
    pixels[5, 5, 0] ^= 1
    one, other = (FaceMemory({1: (each,)}).digest() for each in (sight, replace(sight, pixels=pixels)))
    assert one != other
    assert FaceMemory().digest() == ""


def _track(sharpness: list[float], hidden: dict[int, float] | None = None) -> Track:
    faces = {}
    for frame, value in enumerate(sharpness):
        measures = FaceMeasures(value, (hidden or {}).get(frame, 0.0), (0.5, 0, 0, 0))
        faces[frame] = replace(face_at(60 + frame, 80, turn=0.02 * frame), measures=measures, visibility=1.0)
    return Track.of(1, faces, 1)


def test_sharp_frames_are_chosen_and_hidden_or_blurred_ones_are_not() -> None:
    track = _track([0.2, 0.9, 0.1, 0.85, 0.95, 0.3, 0.8], hidden={4: 0.6})
    frames = [frame for _, frame, _ in sharpest([track])]
    assert set(frames) == {1, 3, 6}
    assert frames[0] == 1
    assert len(sharpest([track], most=2)) == 2
    assert sharpest([]) == []
    assert sharpest([_track([0.0, 0.0])]) == []
