"""Who is changed: one person through a clip, everybody, who looks like a photo, who was given a source."""

from __future__ import annotations

import numpy as np
import pytest

from facefusion.core import Analysis, Box, Face, FaceProcessor, Float32, Identity, Landmarks, Track
from facefusion.errors import NoFaceFound, UsageError
from facefusion.pipeline.casting import Casting, chosen_tracks, people_called
from facefusion.pipeline.overrides import Overrides
from facefusion.pipeline.settings import SelectorSettings


def _face(x: float, size: float, track: int, person: int) -> Face:
    points = Landmarks(np.zeros((5, 2), np.float32))
    return Face(Box(x, 0, x + size, size), 1.0, points, track_id=track, person_id=person)


def _unit(place: int) -> Float32:
    vector = np.zeros(128, np.float32)
    vector[place] = 1
    return vector


@pytest.fixture
def analysis() -> Analysis:
    """Person 1 in tracks 1 and 3, left; person 2 in track 2, right, larger only in frame 0."""
    spots = {
        1: {0: _face(0, 10, 1, 1), 1: _face(0, 30, 1, 1)},
        2: {0: _face(50, 20, 2, 2), 1: _face(50, 20, 2, 2), 2: _face(50, 20, 2, 2)},
        3: {2: _face(0, 30, 3, 1), 3: _face(0, 30, 3, 1)},
    }
    tracks = tuple(Track.of(number, faces, 2 if number == 2 else 1) for number, faces in spots.items())
    people = (Identity(1, _unit(0), (1, 3), 4), Identity(2, _unit(1), (2,), 3))
    return Analysis(4, 100, 100, tracks=tracks, people=people)


def test_one_is_the_same_person_through_the_whole_clip(analysis: Analysis) -> None:
    assert chosen_tracks(analysis, SelectorSettings(), is_clip=True) == {1, 3}
    rightmost = SelectorSettings(face_order="right-left")
    assert chosen_tracks(analysis, rightmost, is_clip=True) == {2}


def test_one_is_chosen_anew_in_every_picture_of_a_folder(analysis: Analysis) -> None:
    assert chosen_tracks(analysis, SelectorSettings(), is_clip=False) == {1, 2, 3}
    assert chosen_tracks(analysis, SelectorSettings(face_order="left-right"), is_clip=False) == {1, 3}


def test_many_is_everybody(analysis: Analysis) -> None:
    assert chosen_tracks(analysis, SelectorSettings(face_selector_mode="many"), is_clip=True) == {1, 2, 3}


def test_reference_is_who_looks_like_it(analysis: Analysis) -> None:
    selector = SelectorSettings(face_selector_mode="reference", reference_image=("who.jpg",))
    assert chosen_tracks(analysis, selector, is_clip=True, references=[_unit(1)]) == {2}
    with pytest.raises(NoFaceFound, match="reference-distance"):
        chosen_tracks(analysis, selector, is_clip=True, references=[_unit(2)])


def test_several_references_pick_several(analysis: Analysis) -> None:
    selector = SelectorSettings(face_selector_mode="reference", reference_image=("a.jpg", "b.jpg"))
    assert chosen_tracks(analysis, selector, is_clip=True, references=[_unit(0), _unit(1)]) == {1, 2, 3}


def test_everyone_except(analysis: Analysis) -> None:
    for mode in ("one", "many"):
        selector = SelectorSettings(face_selector_mode=mode, except_image=("who.jpg",))  # type: ignore[arg-type]
        assert chosen_tracks(analysis, selector, is_clip=True, spared=[_unit(0)]) == {2}
        assert chosen_tracks(analysis, selector, is_clip=True, spared=[_unit(9)]) == {1, 2, 3}
    selector = SelectorSettings(face_selector_mode="reference", reference_image=("a.jpg", "b.jpg"))
    both = [_unit(0), _unit(1)]
    assert chosen_tracks(analysis, selector, is_clip=True, references=both, spared=[_unit(1)]) == {1, 3}


def test_an_own_source_wins_and_strangers_are_left_alone(analysis: Analysis) -> None:
    shared, own = (_effect(),), (_effect(),)
    casting = Casting(own={2: own}, chosen=frozenset({1}), shared=shared)
    first, second = analysis.faces_in(0)
    assert casting.effects_for(first) is own
    assert casting.effects_for(second) is shared
    assert not casting.is_meant(analysis.faces_in(3)[0])


def test_people_are_assigned_by_id_or_name_and_a_source_for_nobody_is_refused(analysis: Analysis) -> None:
    overrides = Overrides({2: "Anna"})
    assert people_called(["anna", "1"], analysis, overrides) == {2: "anna", 1: "1"}
    with pytest.raises(UsageError, match=r"assign: no person 3; there are 1 and 2 \(Anna\); `facefusion people`"):
        people_called(["3"], analysis, overrides)
    with pytest.raises(UsageError, match="2 and anna are the same person"):
        people_called(["2", "anna"], analysis, overrides)


def _effect() -> FaceProcessor:
    from facefusion.processors.face_enhancer import FaceEnhancer

    return FaceEnhancer()
