import cv2
import numpy as np
import pytest
from benchmarks.heads import TEXTURE_PX, Head, render
from benchmarks.pose import FoundCase, PoseCase, exposed, found_row, offset_of, placed, pose_row

from facefusion.core import Box, Face, HeadPose, Landmarks

KEYPOINTS = np.array([(40, 50), (80, 50), (60, 75), (45, 95), (75, 95)], np.float32)


def face(points=KEYPOINTS):
    return Face(Box(20, 20, 100, 120), 1.0, Landmarks(points))


@pytest.mark.parametrize("roll", [0, 90, 200])
def test_a_placed_portrait_lies_where_the_truth_says(roll):
    pixels = np.zeros((160, 140, 3), np.uint8)
    for x, y in KEYPOINTS.astype(int).tolist():
        cv2.circle(pixels, (x, y), 3, (255, 255, 255), -1)
    laid, truth = placed(face(), pixels, 100, roll)
    assert laid.shape == (480, 640, 3)
    for x, y in truth.round().astype(int).tolist():
        assert laid[y, x].min() > 200
    across = truth[1] - truth[0]
    assert np.degrees(np.arctan2(across[1], across[0])) % 360 == pytest.approx(roll % 360, abs=0.1)


def test_another_face_does_not_count_as_found():
    assert offset_of([face()], KEYPOINTS) == 0
    assert offset_of([face(KEYPOINTS + 300)], KEYPOINTS) is None
    assert offset_of([], KEYPOINTS) is None
    assert offset_of([face(KEYPOINTS + 300), face(KEYPOINTS + 4)], KEYPOINTS) == pytest.approx(4 * 2**0.5 / 40)


def test_rows_count_what_was_not_found():
    some = [FoundCase(24, 0, 1.0, 0.1), FoundCase(24, 0, 1.0, None)]
    assert found_row(some) == {"found": 0.5, "offset": pytest.approx(0.1)}
    poses = [PoseCase(HeadPose(0, 0, 0), (1.0, 2.0, 3.0)), PoseCase(HeadPose(0, 0, 0), None)]
    assert pose_row(poses) == {"found": 0.5, "yaw": 1.0, "pitch": 2.0, "roll": 3.0}


def test_exposure_is_light_not_brightness():
    grey = np.full((40, 40, 3), 128, np.uint8)
    assert exposed(grey, 0.25).mean() == pytest.approx(128 * 0.25 ** (1 / 2.2), abs=2)
    assert exposed(grey, 20).min() > 245


def test_a_rendered_head_is_in_the_middle_and_turns():
    texture = np.full((TEXTURE_PX, TEXTURE_PX, 3), (0.9, 0.1, 0.1), np.float32)
    head = Head(texture, np.array([0.1, 0.9, 0.1], np.float32))
    front, turned = (render(head, HeadPose(yaw, 0, 0), size=240, eye_distance_px=30) for yaw in (0, 50))

    def red(picture):
        return (picture[..., 0].astype(int) - picture[..., 1]) > 90

    assert red(front)[120, 120]
    assert red(front).sum() > red(turned).sum()
    side_of_the_head = (turned[..., 1].astype(int) - turned[..., 0]) > 60
    assert side_of_the_head[:, :120].sum() > 3 * side_of_the_head[:, 120:].sum()
