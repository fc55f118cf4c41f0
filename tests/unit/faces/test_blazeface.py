"""Decoding of raw network outputs, with a network that says what it is told to."""

import numpy as np
import pytest

from facefusion.core import Box
from facefusion.faces.blazeface import BlazeFace, Detection, moved
from facefusion.geometry import transforms


class Scripted:
    """Answers with boxes of 20 × 30 px on the anchors in `scores` (anchor → logit)."""

    def __init__(self, anchors: int, scores: dict[int, float]) -> None:
        self.boxes = np.zeros((1, anchors, 16), np.float32)
        self.logits = np.full((1, anchors, 1), -100, np.float32)
        for anchor, logit in scores.items():
            self.boxes[0, anchor] = [0, 0, 20, 30, -5, -5, 5, -5, 0, 0, 0, 5, -10, 0, 10, 0]
            self.logits[0, anchor] = logit

    def run(self, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
        return self.boxes, self.logits


PICTURES = np.zeros((1, 128, 128, 3), np.float32)


def test_a_box_lies_about_its_anchor() -> None:
    # anchor 2·(16·3 + 5) lies in the cell of row 3, column 5 of the fine grid: centre (5.5, 3.5)·8 from the edge
    net = BlazeFace.short_range(Scripted(896, {2 * (16 * 3 + 5): 3.0}))
    (found,) = net.candidates(PICTURES, above=0.5)[0]
    assert found.score == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert found.box.center == pytest.approx((43.5, 27.5))
    assert (found.box.width, found.box.height) == pytest.approx((20, 30))
    np.testing.assert_allclose(found.points[0], (38.5, 22.5))
    assert found.roll_deg == 0


def test_coarse_anchors_follow_the_fine_ones() -> None:
    net = BlazeFace.short_range(Scripted(896, {512 + 6 * (8 * 7 + 7): 3.0}))
    (found,) = net.candidates(PICTURES, above=0.5)[0]
    assert found.box.center == pytest.approx((119.5, 119.5))


def test_the_full_range_has_one_anchor_a_cell() -> None:
    net = BlazeFace.full_range(Scripted(2304, {48 * 10 + 20: 1.0}))
    (found,) = net.candidates(np.zeros((1, 192, 192, 3), np.float32), above=0.5)[0]
    assert found.box.center == pytest.approx((20.5 * 4 - 0.5, 10.5 * 4 - 0.5))


def test_low_scores_are_left_out_and_neighbours_are_merged() -> None:
    first = 2 * (16 * 3 + 5)
    net = BlazeFace.short_range(Scripted(896, {first: 3.0, first + 1: 2.0, first + 2: 1.0, 0: -2.0}))
    (found,) = net.candidates(PICTURES, above=0.5)[0]
    assert 43.5 < found.box.center[0] < 51.5


def test_nothing_is_found_in_nothing() -> None:
    assert BlazeFace.short_range(Scripted(896, {})).candidates(PICTURES, above=0.5) == [[]]


def test_a_moved_detection_keeps_its_shape() -> None:
    points = np.array([(10, 20), (30, 20), (20, 30), (20, 40), (5, 25), (35, 25)], np.float32)
    found = Detection(Box(0, 10, 40, 50), 0.9, points)
    turned = moved(found, transforms.square_roi((20, 30), 80, 90.0, 160))
    assert turned.side == pytest.approx(80)
    assert turned.box.center == pytest.approx((79.5, 79.5), abs=1e-3)
    assert turned.roll_deg == pytest.approx(-90, abs=1e-3)
