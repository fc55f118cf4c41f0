"""The label keeps off the faces of its shot and shows on transparent pictures too."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from facefusion.core import Analysis, Box, ColorInfo, Face, Frame, Landmarks, Shot, Timestamp, Track
from facefusion.pipeline.labels import FrameLabels, labelled
from facefusion.provenance import Labeller, LabelSettings

WIDTH, HEIGHT = 320, 240
CORNERS = {"right": Box(200, 120, 320, 240), "left": Box(0, 120, 120, 240)}


def _analysis(*corners: str) -> Analysis:
    """Two frames a shot, in each a face in one corner."""
    points = Landmarks(np.zeros((5, 2), np.float32))
    shots = tuple(Shot(2 * n, 2 * n + 2) for n in range(len(corners)))
    tracks = tuple(
        Track.of(n, {index: Face(CORNERS[corner], 1.0, points, track_id=n) for index in (2 * n, 2 * n + 1)})
        for n, corner in enumerate(corners)
    )
    return Analysis(2 * len(corners), WIDTH, HEIGHT, shots=shots, tracks=tracks)


def _frame(index: int, **more: object) -> Frame:
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    return Frame(pixels, index, Timestamp(index, Fraction(1, 25)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("is_clip", [True, False])
def test_every_shot_has_its_own_place_off_its_faces(is_clip: bool) -> None:
    labels = FrameLabels(LabelSettings(), _analysis("right", "left"), is_clip=is_clip, color=ColorInfo())
    for index, corner in ((0, "right"), (1, "right"), (2, "left"), (3, "left")):
        labeller = labels.of(_frame(index))
        assert labeller.box(seconds=9.0).iou(CORNERS[corner]) == 0
        assert not labeller.covers_face(seconds=9.0)
    if is_clip:
        assert labels.of(_frame(0)) is labels.of(_frame(1))


def test_a_face_that_reaches_every_place_makes_the_label_move() -> None:
    points = Landmarks(np.zeros((5, 2), np.float32))
    halves = {0: Box(0, 0, 320, 110), 1: Box(0, 130, 320, 240)}
    faces = {index: Face(halves[index // 20], 1.0, points, track_id=1) for index in range(40)}
    tracks = (Track.of(1, faces),)
    analysis = Analysis(40, WIDTH, HEIGHT, shots=(Shot(0, 40),), tracks=tracks)
    labels = FrameLabels(LabelSettings(), analysis, is_clip=True, color=ColorInfo())
    for index in range(40):
        assert labels.of(_frame(index)).box(seconds=9.0).iou(faces[index].box) == 0
    assert len({id(labels.of(_frame(index))) for index in range(40)}) == 2


def test_only_the_label_changes_and_a_foreign_array_is_not_written() -> None:
    labeller = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=False)
    frame = _frame(0)
    marked = labelled(frame, labeller, is_own=False)
    box = labeller.box()
    inside = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    assert (frame.pixels == 90).all()
    assert (marked.pixels[inside] != 90).any()
    rest = marked.pixels.copy()
    rest[inside] = 90
    assert (rest == 90).all()


def test_an_own_array_is_drawn_into() -> None:
    labeller = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=False)
    frame = _frame(0)
    assert labelled(frame, labeller, is_own=True).pixels is frame.pixels


def test_the_label_is_opaque_on_a_transparent_picture() -> None:
    labeller = Labeller(LabelSettings(), width=WIDTH, height=HEIGHT, is_video=False)
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    marked = labelled(_frame(0, alpha=alpha), labeller, is_own=False)
    box = labeller.box()
    assert marked.alpha is not None
    assert (marked.alpha[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] == 255).all()
    assert marked.alpha.sum() == 255 * box.area
    assert not alpha.any()
