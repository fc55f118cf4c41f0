import numpy as np

from facefusion.core import Box, Face, Landmarks, Track
from facefusion.faces.doubles import joined_doubles


def face(x: float, track_id: int) -> Face:
    points = np.zeros((5, 2), np.float32)
    return Face(Box(x, 0, x + 100, 100), 1.0, Landmarks(points), track_id=track_id)


def track(track_id: int, first: int, last: int, x: float = 0.0) -> Track:
    return Track.of(track_id, {index: face(x, track_id) for index in range(first, last + 1)})


def test_a_face_found_again_and_followed_back_is_one_track() -> None:
    (joined,) = joined_doubles([track(2, 8, 20, 3.0), track(1, 0, 10)])
    assert (joined.track_id, joined.first, joined.last) == (1, 0, 20)
    assert list(joined.faces) == list(range(21))
    assert {f.track_id for f in joined.faces.values()} == {1}
    assert joined.faces[9].box.x0 == 0.0
    assert joined.faces[15].box.x0 == 3.0


def test_two_people_side_by_side_stay_two() -> None:
    assert len(joined_doubles([track(1, 0, 10), track(2, 5, 20, 150.0)])) == 2


def test_the_same_place_at_other_times_is_not_a_double() -> None:
    assert len(joined_doubles([track(1, 0, 10), track(2, 11, 20)])) == 2
