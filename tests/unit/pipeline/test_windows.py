"""Frames finished with their neighbours in view: the same in parts as in one, and never across a cut."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.unit.temporal.tracks import head

from facefusion.core import Analysis, Face, Frame, FrameRange, Landmarks, Shot
from facefusion.faces.analyser import face_of
from facefusion.pipeline.render_context import Rendered
from facefusion.pipeline.windows import Drawn, margin_of, steadied, widened
from facefusion.temporal.settings import TemporalSettings

COUNT = 14
SHOTS = (Shot(0, 8), Shot(8, COUNT))
ANALYSIS = Analysis(COUNT, 400, 400, shots=SHOTS)
WHOLE = FrameRange(0, COUNT)
ON = TemporalSettings(deflicker=2)


@pytest.fixture(scope="module")
def face() -> Face:
    points = head(np.zeros(1)).truth[0]
    found = face_of(Landmarks(np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2])), 1.0, 1.0)
    return Face(found.box, 1.0, found.keypoints, found.landmarks, track_id=1)


def drawn(face: Face, part: FrameRange) -> Iterator[Drawn]:
    """Frames whose swap is 10 lighter, and every fifth 16."""
    for index in range(part.start, part.stop):
        before = (np.random.default_rng(index).integers(-8, 9, (400, 400, 3)) + 100).astype(np.uint8)
        after = before + np.uint8(16 if index % 5 == 3 else 10)
        yield Drawn(Rendered(Frame(after, index), ("done",)), before, (face,)).measured()


def change(one: Drawn) -> float:
    """How much lighter a cheek is."""
    return float((one.frame.pixels.astype(float) - one.before)[190:240, 160:240].mean())


def test_a_flicker_is_taken_out_and_the_rest_stays(face: Face) -> None:
    changes = [change(one) for one in steadied(drawn(face, WHOLE), ANALYSIS, ON)]
    raw = [change(one) for one in drawn(face, WHOLE)]
    assert raw[3] - raw[2] > 5
    assert changes[3] - changes[2] < 0.6 * (raw[3] - raw[2])
    assert changes[5] == pytest.approx(raw[5], abs=0.1)


def test_parts_are_the_same_as_the_whole(face: Face) -> None:
    whole = {one.frame.index: one.frame.pixels for one in steadied(drawn(face, WHOLE), ANALYSIS, ON)}
    assert list(whole) == list(range(COUNT))
    for part in (FrameRange(0, 4), FrameRange(4, 9), FrameRange(9, 14), FrameRange(6, 7)):
        wide = widened(part, margin_of(ON), ANALYSIS, WHOLE)
        for one in steadied(drawn(face, wide), ANALYSIS, ON):
            if one.frame.index in part:
                assert np.array_equal(one.frame.pixels, whole[one.frame.index])


def test_parts_grow_within_their_shot_and_the_run() -> None:
    assert widened(FrameRange(4, 6), 2, ANALYSIS, WHOLE) == FrameRange(2, 8)
    assert widened(FrameRange(8, 12), 2, ANALYSIS, WHOLE) == FrameRange(8, 14)
    assert widened(FrameRange(4, 6), 2, ANALYSIS, FrameRange(4, 7)) == FrameRange(4, 7)
    assert widened(FrameRange(4, 6), 0, ANALYSIS, WHOLE) == FrameRange(4, 6)


def test_no_margin_without_a_median_or_without_strength() -> None:
    assert margin_of(ON) == 2
    assert margin_of(TemporalSettings(deflicker=0)) == 0
    assert margin_of(TemporalSettings(deflicker=4, blend_strength=0.0)) == 0


def test_frames_that_nobody_changed_pass(face: Face) -> None:
    pixels = np.zeros((40, 40, 3), np.uint8)
    one = Drawn(Rendered(Frame(pixels), ()), pixels, (face,)).measured()
    (result,) = steadied([one], ANALYSIS, ON)
    assert result.frame.pixels is pixels
