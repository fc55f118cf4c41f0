from dataclasses import replace

import numpy as np
import pytest

from facefusion.blend import MaskSettings, paste, restrict
from facefusion.core import Face, HeadPose, Landmarks
from facefusion.core.settings import SettingsError
from facefusion.errors import NoFaceFound
from facefusion.faces.analyser import FaceAnalyser
from facefusion.processors.face_swapper import FaceSwapper, Settings
from facefusion.processors.face_swapper.swapper import known_source

from .conftest import crop_of


def swapped(source: Face, target: Face, settings: Settings | None = None) -> np.ndarray:
    patch = FaceSwapper([source], settings).process_face(crop_of(target))
    assert patch is not None
    assert target.picture is not None
    assert target.landmarks is not None
    return paste(target.picture, restrict(patch, target.landmarks, MaskSettings()))


def test_the_input_stays_and_the_same_input_gives_the_same_bytes(astronaut: Face, stranger: Face) -> None:
    aligned = crop_of(stranger, 7)
    before = aligned.pixels.copy()
    first, second = (FaceSwapper([astronaut]).process_face(aligned) for _ in range(2))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(aligned.pixels, before)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.mask, second.mask)
    assert first.pixels.dtype == np.float32
    assert 0.0 <= first.pixels.min() <= first.pixels.max() <= 1.0


def test_a_face_on_itself_hardly_changes(astronaut: Face) -> None:
    result = swapped(astronaut, astronaut).astype(float)
    box = astronaut.box
    inside = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    assert astronaut.picture is not None
    change = np.abs(result - astronaut.picture.astype(float))[inside]
    assert change.mean() < 6.0


def test_far_turned_faces_fade_and_are_then_left_alone(astronaut: Face, stranger: Face) -> None:
    swapper = FaceSwapper([astronaut], Settings(max_yaw_deg=60.0))

    def turned(yaw: float) -> Face:
        return replace(stranger, pose=HeadPose(yaw, 0.0, 0.0))

    done, weak = (swapper.process_face(crop_of(turned(yaw))) for yaw in (20.0, 52.0))
    assert done is not None
    assert weak is not None
    assert (done.note, weak.note) == ("done", "weakened")
    assert weak.mask.max() == pytest.approx(8 / 15, abs=0.01)
    assert swapper.process_face(crop_of(turned(61.0))) is None


def test_a_face_without_dense_landmarks_is_left_alone(astronaut: Face, stranger: Face) -> None:
    assert FaceSwapper([astronaut]).process_face(crop_of(replace(stranger, landmarks=None))) is None


def test_light_strength_brings_the_targets_side_light(astronaut: Face, stranger: Face) -> None:
    assert stranger.landmarks is not None
    left, right = (stranger.landmarks.xy[k].astype(int) for k in (50, 280))

    def slope(result: np.ndarray) -> float:
        sides = [result[y - 4 : y + 5, x - 4 : x + 5].mean() for x, y in (left, right)]
        return float(sides[1] / sides[0])

    lit = slope(swapped(astronaut, stranger))
    assert stranger.picture is not None
    assert abs(lit / slope(stranger.picture) - 1) < 0.15


def test_source_tone_keeps_the_sources_hue(astronaut: Face, stranger: Face) -> None:
    assert stranger.picture is not None
    blue = replace(stranger, picture=(stranger.picture * np.array([0.6, 0.8, 1.0])).astype(np.uint8))
    to_target = swapped(astronaut, blue).astype(float)
    to_source = swapped(astronaut, blue, Settings(skin_tone="source")).astype(float)
    assert blue.landmarks is not None
    x, y = blue.landmarks.xy[50].astype(int)
    patch = np.s_[y - 4 : y + 5, x - 4 : x + 5]

    def redness(pixels: np.ndarray) -> float:
        return float(pixels[patch][..., 0].mean() / pixels[patch][..., 2].mean())

    assert redness(to_source) > redness(to_target) * 1.2


def test_what_is_in_front_reaches_the_patch(astronaut: Face, stranger: Face) -> None:
    assert stranger.picture is not None
    assert stranger.landmarks is not None
    visible = np.ones(stranger.picture.shape[:2], np.float32)
    x, y = stranger.landmarks.xy[4].astype(int)
    visible[:, x - 6 : x + 6] = 0.0
    patch = FaceSwapper([astronaut]).process_face(crop_of(stranger, visible=visible))
    assert patch is not None
    result = paste(stranger.picture, restrict(patch, stranger.landmarks, MaskSettings()))
    rows = np.s_[y - 20 : y + 20, x - 5 : x + 5]
    outside_mouth = np.abs(result[rows].astype(int) - stranger.picture[rows].astype(int))
    assert np.median(outside_mouth) <= 1


def test_several_photos_are_joined_and_remembered(astronaut: Face, stranger: Face) -> None:
    one, both = known_source([astronaut]), known_source([astronaut, stranger])
    assert known_source([astronaut]) is one
    assert not np.array_equal(one.texture.levels[0], both.texture.levels[0])
    assert both.unseen.mean() <= one.unseen.mean() + 1e-3


def test_hidden_parts_of_the_photo_stay_out_of_the_texture(astronaut: Face) -> None:
    assert astronaut.picture is not None
    assert astronaut.landmarks is not None
    painted = astronaut.picture.copy()
    visible = np.ones(painted.shape[:2], np.float32)
    x, y = astronaut.landmarks.xy[151].astype(int)
    painted[y - 12 : y + 12, x - 25 : x + 25] = (0, 255, 0)
    visible[y - 14 : y + 14, x - 27 : x + 27] = 0.0
    model = known_source([replace(astronaut, picture=painted, visible=visible)])
    texture = model.texture.levels[0]
    green = (texture[..., 1] > texture[..., 0] * 1.5) & (texture[..., 1] > 0.4)
    assert green.mean() < 1e-4
    assert model.unseen.max() > 0.8


def test_no_source_and_bad_settings_are_refused(astronaut: Face) -> None:
    with pytest.raises(NoFaceFound, match="photo"):
        FaceSwapper([])
    with pytest.raises(SettingsError, match="shape-strength"):
        FaceSwapper([astronaut], Settings(shape_strength=2.0))
    with pytest.raises(ValueError, match="FaceAnalyser"):
        FaceSwapper([replace(astronaut, landmarks=None)])


def test_a_face_at_the_edge_of_the_picture_can_be_swapped(astronaut: Face, stranger: Face) -> None:
    assert stranger.picture is not None
    assert stranger.landmarks is not None
    cut = int(stranger.landmarks.xy[1, 0])
    part = np.ascontiguousarray(stranger.picture[:, cut:])
    moved = Landmarks(stranger.landmarks.xy - np.array([cut, 0], np.float32), stranger.landmarks.z)
    patch = FaceSwapper([astronaut]).process_face(crop_of(replace(stranger, picture=part, landmarks=moved)))
    assert patch is not None
    assert np.isfinite(patch.pixels).all()


@pytest.mark.shared_media
def test_identity_moves_to_the_source(people: list[Face], analyser: FaceAnalyser) -> None:
    from facefusion.faces.embed import distance

    for source, target in ((0, 3), (3, 4), (5, 2)):
        result = analyser.find(swapped(people[source], people[target]))[0]
        vectors = [face.embedding for face in (result, people[source], people[target])]
        assert all(vector is not None for vector in vectors)
        assert distance(vectors[0], vectors[1]) < distance(vectors[0], vectors[2])
